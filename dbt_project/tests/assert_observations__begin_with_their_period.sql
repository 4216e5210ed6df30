{{ config(meta={'dagster': {'ref': {'name': 'fct_observations'}}}) }}
-- An observed figure is dated by the first day of its period. One that begins in the middle would belong to no period of
-- the scorecard: correct period_start_date or period_grain in the extract. (A figure of a calendar quarter or year is no
-- mistake where the fiscal year begins in another month: it only has no place there.)
with starts as (
    select
        figures.kpi_id,
        figures.period_grain,
        figures.period_start_date,
        figures.scope_type,
        figures.scope_id,
        case figures.period_grain
            when 'day' then dates.calendar_date
            when 'week' then dates.week_start_date
            when 'month' then dates.month_start_date
            when 'quarter' then dates.quarter_start_date
            else dates.year_start_date
        end as expected_start_date,
        case
            when settings.fiscal_year_start_month = 1 then null
            when figures.period_grain = 'quarter'
                then cast({{ dbt.date_trunc('quarter', 'figures.period_start_date') }} as date)
            when figures.period_grain = 'year'
                then cast({{ dbt.date_trunc('year', 'figures.period_start_date') }} as date)
        end as calendar_start_date
    from {{ ref('fct_observations') }} as figures
    cross join {{ source('audit', 'run_settings') }} as settings
    -- inner: a day outside the calendar belongs to no shown period anyway
    inner join {{ ref('dim_dates') }} as dates on figures.period_start_date = dates.calendar_date
)

select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    expected_start_date
from starts
where
    period_start_date <> expected_start_date
    and (calendar_start_date is null or period_start_date <> calendar_start_date)
