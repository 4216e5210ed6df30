-- How far each key result has come: the KPI's value for its scope and period, between baseline and target.
with planned as (
    select
        key_results.*,
        settings.as_of_date,
        settings.fiscal_year_start_month,
        -- the day after the last, on which a calendar period begins again
        cast({{ dbt.dateadd('day', 1, 'key_results.end_date') }} as date) as next_start_date
    from {{ source('plan', 'key_results') }} as key_results
    inner join {{ ref('planned_objectives') }} as objectives on key_results.objective_id = objectives.objective_id
    cross join {{ source('audit', 'run_settings') }} as settings
    where key_results.scope_type <> 'employee' or settings.is_employee_scope_allowed
),

measured as (
    select
        *,
        {{ dbt.datediff('start_date', 'next_start_date', 'month') }} as months_count,
        extract(month from start_date) + 12 - fiscal_year_start_month as months_into_year,
        {{ dbt.datediff('start_date', 'end_date', 'day') }} + 1 as period_days,
        case
            when as_of_date < start_date then 0
            else {{ dbt.datediff('start_date', 'least(end_date, as_of_date)', 'day') }} + 1
        end as elapsed_days
    from planned
),

dated as (
    select
        *,
        case
            when extract(day from start_date) <> 1 or extract(day from next_start_date) <> 1 then null
            when months_count = 1 then 'month'
            when months_count = 3 and mod(months_into_year, 3) = 0 then 'quarter'
            when months_count = 12 and mod(months_into_year, 12) = 0 then 'year'
        end as period_grain,
        cast(elapsed_days as double) / period_days as elapsed_share
    from measured
),

valued as (
    select
        dated.*,
        catalogue.direction,
        scorecard.actual_value,
        case
            when dated.period_grain is null then 'no_period'
            when dated.as_of_date < dated.start_date then 'not_started'
            when scorecard.kpi_id is null then 'no_row'
            when scorecard.status = 'held' then 'held'
            else scorecard.no_value_reason
        end as no_value_reason,
        -- what grows or shrinks with time: on plan it is as far as the time is
        scorecard.period_status = 'open'
        and catalogue.target_phasing in ('adds_up', 'grows', 'shrinks') as is_to_date,
        catalogue.target_phasing = 'shrinks' as is_shrinking
    from dated
    inner join {{ ref('kpi_catalogue') }} as catalogue on dated.kpi_id = catalogue.kpi_id
    -- left: a KPI that has no row for this scope and period is a key result without a value
    left join {{ ref('kpi_scorecard') }} as scorecard
        on
            dated.kpi_id = scorecard.kpi_id
            and dated.period_grain = scorecard.period_grain
            and dated.start_date = scorecard.period_start_date
            and dated.scope_type = scorecard.scope_type
            and dated.scope_id = scorecard.scope_id
),

-- a value so far is set against the whole target as the value that the period would end with at this pace: of
-- what shrinks, such as retention, the loss goes on
projected as (
    select
        *,
        case when is_to_date then elapsed_share else 1 end as share_due,
        case
            when no_value_reason is not null then null
            when is_to_date and is_shrinking then 1 - cast(1 - actual_value as double) / elapsed_share
            when is_to_date then cast(actual_value as double) / elapsed_share
            else cast(actual_value as double)
        end as period_value
    from valued
),

-- equal counts as met, whatever a projection's last decimals; inside a band a value alone does not tell
judged as (
    select
        *,
        case
            when period_value is null or direction = 'band' then null
            when direction = 'lower' then round(period_value, 6) <= round(cast(target_value as double), 6)
            else round(period_value, 6) >= round(cast(target_value as double), 6)
        end as is_met
    from projected
),

progressed as (
    select
        *,
        case
            when period_value is null then null
            when baseline_value <> target_value
                then
                    share_due
                    * (period_value - cast(baseline_value as double))
                    / cast(target_value - baseline_value as double)
            -- to keep what there is: met or not
            when baseline_value is not null then case when is_met then share_due else 0 end
            when direction = 'band' or period_value <= 0 or target_value <= 0 then null
            when direction = 'lower' then share_due * cast(target_value as double) / period_value
            else share_due * period_value / cast(target_value as double)
        end as progress_ratio
    from judged
),

scored as (
    select
        *,
        cast(
            case
                when progress_ratio < 0 then 0
                when progress_ratio > 1 then 1
                when progress_ratio is not null then progress_ratio
                -- no ratio of numbers below 0, but met is met
                when is_met then 1
                when not is_met then 0
            end as decimal(38, 10)
        ) as score,
        cast(elapsed_share as decimal(38, 10)) as expected_progress
    from progressed
)

select
    key_result_id,
    objective_id,
    title_en,
    title_sv,
    kpi_id,
    scope_type,
    scope_id,
    period_grain,
    start_date as period_start_date,
    end_date as period_end_date,
    baseline_value,
    target_value,
    actual_value,
    cast(progress_ratio as decimal(38, 10)) as progress_ratio,
    score,
    expected_progress,
    case
        when no_value_reason = 'held' then 'held'
        else {{ progress_status('score', 'expected_progress', 'as_of_date >= end_date') }}
    end as status,
    case
        when no_value_reason is not null then no_value_reason
        when progress_ratio is null and direction = 'band' then 'no_baseline'
        when progress_ratio is null then 'not_positive'
    end as no_value_reason,
    weight
from scored
