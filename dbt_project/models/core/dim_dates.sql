-- A fixed span, cut to what the run can need: two years before the first shown day (last
-- year's windows) to the end of the fiscal year that holds the as-of day, and of its last week.
with spine as (
    {{ dbt.date_spine('day', "cast('2000-01-01' as date)", "cast('2041-01-01' as date)") }}
),

days as (
    select cast(date_day as date) as calendar_date
    from spine
),

coverage as (
    select min(covered_from) as first_date
    from {{ ref('dim_coverage') }}
),

bounds as (
    select
        {{ dbt.dateadd('year', -2, 'min(coverage.first_date)') }} as first_date,
        {{ dbt.dateadd('year', 2, dbt.date_trunc('year', 'max(settings.as_of_date)')) }} as end_date,
        -- months between the start of the calendar year and that of the fiscal year
        max(settings.fiscal_year_start_month) - 1 as fiscal_shift_months
    from {{ source('audit', 'run_settings') }} as settings
    cross join coverage
),

months as (
    select
        days.calendar_date,
        bounds.fiscal_shift_months,
        -- the Monday before the span; counting from it needs no function that numbers weekdays differently per engine
        {{ dbt.datediff("cast('1999-12-27' as date)", 'days.calendar_date', 'day') }} as days_since_monday,
        cast({{ dbt.date_trunc('month', 'days.calendar_date') }} as date) as month_start_date,
        -- the month that stands at the same place of a calendar year as this one does of the fiscal year
        {{ dbt.dateadd('month', '-bounds.fiscal_shift_months', dbt.date_trunc('month', 'days.calendar_date')) }}
            as shifted_month
    from days
    cross join bounds
    where
        days.calendar_date >= cast({{ dbt.date_trunc('year', 'bounds.first_date') }} as date)
        and days.calendar_date < bounds.end_date
)

select
    months.calendar_date,
    months.days_since_monday % 7 < 5 and holidays.calendar_date is null as is_working_day,
    cast({{ dbt.dateadd('day', '-(months.days_since_monday % 7)', 'months.calendar_date') }} as date) as week_start_date,
    months.month_start_date,
    cast(
        {{ dbt.dateadd('month', 'months.fiscal_shift_months', dbt.date_trunc('quarter', 'months.shifted_month')) }}
        as date
    ) as quarter_start_date,
    cast(
        {{ dbt.dateadd('month', 'months.fiscal_shift_months', dbt.date_trunc('year', 'months.shifted_month')) }}
        as date
    ) as year_start_date
from months
left join {{ ref('holidays') }} as holidays on months.calendar_date = holidays.calendar_date
