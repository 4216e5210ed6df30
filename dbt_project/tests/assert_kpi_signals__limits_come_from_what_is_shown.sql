{{ config(meta={'dagster': {'ref': {'name': 'kpi_signals'}}}) }}
-- The limits of a point follow from the published values between the baseline's first and last day, and from nothing else:
-- what is withheld or held back can not be had from them. A row comes back for each baseline where they do not.
with shown as (
    select
        kpi_id,
        period_grain,
        scope_type,
        scope_id,
        period_start_date,
        period_end_date,
        actual_value,
        lag(actual_value) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        ) as value_before,
        {{ dbt.dateadd('day', 1, 'lag(period_end_date) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        )') }} = period_start_date as follows_directly
    from {{ ref('kpi_scorecard') }}
    where period_status = 'settled' and period_grain in ('week', 'month', 'quarter')
),

charts as (
    select distinct
        kpi_id,
        period_grain,
        scope_type,
        scope_id,
        baseline_from_date,
        baseline_to_date,
        baseline_points_count,
        centre_line,
        mean_moving_range
    from {{ ref('kpi_signals') }}
    where no_limits_reason is null and judged_on = 'value'
),

again as (
    select
        charts.kpi_id,
        charts.period_grain,
        charts.scope_type,
        charts.scope_id,
        charts.baseline_from_date,
        charts.baseline_points_count,
        charts.centre_line,
        charts.mean_moving_range,
        count(shown.actual_value) as points_count,
        avg(cast(shown.actual_value as double)) as mean_value,
        avg(
            case
                when shown.follows_directly and shown.period_start_date > charts.baseline_from_date
                    then abs(cast(shown.actual_value - shown.value_before as double))
            end
        ) as mean_range
    from charts
    -- left: a baseline without any published value is what is looked for
    left join shown
        on
            charts.kpi_id = shown.kpi_id
            and charts.period_grain = shown.period_grain
            and charts.scope_type = shown.scope_type
            and charts.scope_id = shown.scope_id
            and charts.baseline_from_date <= shown.period_start_date
            and charts.baseline_to_date >= shown.period_end_date
    group by
        charts.kpi_id,
        charts.period_grain,
        charts.scope_type,
        charts.scope_id,
        charts.baseline_from_date,
        charts.baseline_points_count,
        charts.centre_line,
        charts.mean_moving_range
)

select *
from again
where
    baseline_points_count <> points_count
    or mean_value is null
    or mean_range is null
    -- doubles of large amounts
    or abs(cast(centre_line as double) - mean_value) > 0.000000001 * (1 + abs(mean_value))
    or abs(cast(mean_moving_range as double) - mean_range) > 0.000000001 * (1 + abs(mean_value))
