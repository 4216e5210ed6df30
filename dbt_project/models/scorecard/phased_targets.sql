-- A phased target by period: a year's in the shorter periods of the year, and that of any named period
-- up to the as-of day. A week that lies in two years takes its days of each; without a target for one
-- of them it has none.
with parts as (
    select
        days.kpi_id,
        days.scope_type,
        days.scope_id,
        days.target_phasing,
        days.measure,
        periods.period_grain,
        periods.period_start_date,
        periods.period_end_date,
        days.period_grain = periods.period_grain as is_own_period,
        sum(days.day_value) as sum_of_days,
        sum(case when days.calendar_date <= periods.through_date then days.day_value end) as sum_so_far,
        count(*) as days_count,
        -- of a week in two years: the target of the year that it begins in
        max(case when days.calendar_date = periods.period_start_date then days.target_id end) as target_id,
        max(case when days.calendar_date = periods.period_start_date then days.phasing_used end) as phasing_used,
        max(
            case
                when days.calendar_date = periods.period_start_date
                    then case when days.is_for_all_scopes then 1 else 0 end
            end
        ) as is_for_all_scopes
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('target_days') }} as days
        on
            days.calendar_date between periods.period_start_date and periods.period_end_date
            -- the KPI's own grains; no *_to_date, which only measures are made of
            and ',' || days.grains || ',' like '%,' || periods.period_grain || ',%'
            and (
                days.period_grain = 'year'
                or (
                    periods.period_grain = days.period_grain
                    and periods.period_start_date = days.period_start_date
                )
            )
    group by
        days.kpi_id,
        days.scope_type,
        days.scope_id,
        days.target_phasing,
        days.measure,
        days.period_grain,
        periods.period_grain,
        periods.period_start_date,
        periods.period_end_date
    having count(*) = {{ dbt.datediff('periods.period_start_date', 'periods.period_end_date', 'day') }} + 1
),

valued as (
    select
        *,
        case target_phasing
            when 'same' then cast(sum_of_days / days_count as decimal(38, 10))
            when 'shrinks' then 1 - sum_of_days
            else sum_of_days
        end as whole_value,
        case target_phasing
            when 'same' then cast(sum_of_days / days_count as decimal(38, 10))
            when 'shrinks' then 1 - sum_so_far
            else sum_so_far
        end as due_value
    from parts
)

select
    target_id,
    kpi_id,
    scope_type,
    scope_id,
    period_grain,
    period_start_date,
    is_own_period,
    max(is_for_all_scopes) = 1 as is_for_all_scopes,
    max(phasing_used) as phasing_used,
    cast(max(case when measure = 'value' then whole_value end) as decimal(38, 10)) as period_target_value,
    cast(max(case when measure = 'lower' then whole_value end) as decimal(38, 10)) as period_target_lower,
    cast(max(case when measure = 'upper' then whole_value end) as decimal(38, 10)) as period_target_upper,
    cast(max(case when measure = 'baseline' then whole_value end) as decimal(38, 10)) as period_baseline_value,
    cast(max(case when measure = 'value' then due_value end) as decimal(38, 10)) as due_target_value,
    cast(max(case when measure = 'lower' then due_value end) as decimal(38, 10)) as due_target_lower,
    cast(max(case when measure = 'upper' then due_value end) as decimal(38, 10)) as due_target_upper,
    cast(max(case when measure = 'baseline' then due_value end) as decimal(38, 10)) as due_baseline_value
from valued
group by
    target_id,
    kpi_id,
    scope_type,
    scope_id,
    period_grain,
    period_start_date,
    is_own_period
