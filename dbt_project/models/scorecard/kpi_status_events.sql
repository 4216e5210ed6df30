-- When each KPI came into the state it is in: one row a change of its steady status, over settled periods.
-- A status gets worse at once at a border, and better only when the value has passed the border by a
-- margin, so that a value that wavers on a border is not news every month (docs/decisions/status-history.md).
with judged as (
    select
        scorecard.kpi_id,
        scorecard.period_grain,
        scorecard.period_start_date,
        scorecard.scope_type,
        scorecard.scope_id,
        scorecard.actual_value,
        scorecard.target_value,
        scorecard.target_lower,
        scorecard.target_upper,
        scorecard.status,
        -scorecard.favourable_variance as shortfall,
        case
            when catalogue.direction = 'band' then coalesce(scorecard.target_upper - scorecard.target_lower, 0)
            else abs(scorecard.target_value)
        end as tolerance_base,
        coalesce(own_tolerances.on_track_tolerance, default_tolerances.on_track_tolerance) as on_track_tolerance,
        coalesce(own_tolerances.at_risk_tolerance, default_tolerances.at_risk_tolerance) as at_risk_tolerance,
        coalesce(own_tolerances.hysteresis_tolerance, default_tolerances.hysteresis_tolerance)
            as hysteresis_tolerance
    from {{ ref('kpi_scorecard') }} as scorecard
    inner join {{ ref('kpi_catalogue') }} as catalogue on scorecard.kpi_id = catalogue.kpi_id
    left join {{ ref('tolerances') }} as own_tolerances on scorecard.kpi_id = own_tolerances.kpi_id
    inner join {{ ref('tolerances') }} as default_tolerances on default_tolerances.kpi_id = 'default'
    where
        scorecard.period_status = 'settled'
        -- single days and weeks of every part of the company would be a history of noise
        and (scorecard.scope_type = 'company' or scorecard.period_grain in ('month', 'quarter', 'year'))
),

-- for each border: 1 past it, 0 better than it by the margin, NULL in between or nothing to judge
certain as (
    select
        *,
        case
            when status in ('held', 'no_data', 'no_target') then null
            when status in ('at_risk', 'off_track') then 1
            when shortfall <= (on_track_tolerance - hysteresis_tolerance) * tolerance_base then 0
        end as past_on_track,
        case
            when status in ('held', 'no_data', 'no_target') then null
            when status = 'off_track' then 1
            when shortfall <= (at_risk_tolerance - hysteresis_tolerance) * tolerance_base then 0
        end as past_at_risk
    from judged
),

-- a row that is not certain belongs to the last one that was; periods without a value forget nothing
numbered as (
    select
        *,
        count(past_on_track) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as on_track_stretch,
        count(past_at_risk) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
            rows between unbounded preceding and current row
        ) as at_risk_stretch
    from certain
),

filled as (
    select
        *,
        max(past_on_track) over (
            partition by kpi_id, period_grain, scope_type, scope_id, on_track_stretch
        ) as was_past_on_track,
        max(past_at_risk) over (
            partition by kpi_id, period_grain, scope_type, scope_id, at_risk_stretch
        ) as was_past_at_risk
    from numbered
),

steady as (
    select
        *,
        case
            when status in ('held', 'no_data', 'no_target') then status
            when was_past_at_risk = 1 then 'off_track'
            when was_past_on_track = 1 then 'at_risk'
            -- achieved, too: that is a matter of one period, not a state
            else 'on_track'
        end as steady_status
    from filled
),

followed as (
    select
        *,
        lag(steady_status) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        ) as earlier_status,
        row_number() over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        ) as period_number,
        count(*) over (partition by kpi_id, period_grain, scope_type, scope_id) as all_periods_count
    from steady
),

changes as (
    select
        *,
        lead(period_start_date) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        ) as until_date,
        lead(period_number) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        ) as next_number
    from followed
    where earlier_status is null or earlier_status <> steady_status
)

select
    kpi_id,
    period_grain,
    scope_type,
    scope_id,
    period_start_date,
    earlier_status as from_status,
    steady_status as to_status,
    until_date,
    cast(coalesce(next_number, all_periods_count + 1) - period_number as bigint) as periods_count,
    until_date is null as is_current,
    actual_value,
    target_value,
    target_lower,
    target_upper
from changes
