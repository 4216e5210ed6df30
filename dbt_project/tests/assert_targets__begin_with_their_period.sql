{{ config(
    severity='warn',
    meta={
        'dagster': {'ref': {'name': 'kpi_targets'}},
        'what_to_do': 'Correct period_start_date in the plan: quarters and years are those of the fiscal year.'
    }
) }}
-- A target for a named period begins on the first day of a period of the company's calendar, fiscal quarters and years
-- included: a target for any other day is never shown.
select
    targets.kpi_id,
    targets.scope_type,
    targets.scope_id,
    targets.period_grain,
    targets.period_start_date
from {{ ref('kpi_targets') }} as targets
-- inner: what lies outside the calendar is not shown yet, or no more
inner join {{ ref('dim_dates') }} as dim_dates on targets.period_start_date = dim_dates.calendar_date
where
    targets.removed_on is null
    and case targets.period_grain
        when 'week' then dim_dates.week_start_date
        when 'month' then dim_dates.month_start_date
        when 'quarter' then dim_dates.quarter_start_date
        when 'year' then dim_dates.year_start_date
        else dim_dates.calendar_date
    end <> targets.period_start_date
