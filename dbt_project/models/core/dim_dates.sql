-- A fixed span, cut to what the run can need: two years before the first shown day (last
-- year's windows) to the end of the as-of year.
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
        {{ dbt.dateadd('year', 1, dbt.date_trunc('year', 'max(settings.as_of_date)')) }} as end_date
    from {{ source('audit', 'run_settings') }} as settings
    cross join coverage
)

select
    days.calendar_date,
    -- 2000-01-03 was a Monday; counting from it needs no function that numbers weekdays differently per engine
    {{ dbt.datediff("cast('2000-01-03' as date)", 'days.calendar_date', 'day') }} % 7 < 5
    and holidays.calendar_date is null as is_working_day,
    cast({{ dbt.date_trunc('month', 'days.calendar_date') }} as date) as month_start_date,
    cast({{ dbt.date_trunc('quarter', 'days.calendar_date') }} as date) as quarter_start_date,
    cast({{ dbt.date_trunc('year', 'days.calendar_date') }} as date) as year_start_date
from days
cross join bounds
left join {{ ref('holidays') }} as holidays on days.calendar_date = holidays.calendar_date
where
    days.calendar_date >= cast({{ dbt.date_trunc('year', 'bounds.first_date') }} as date)
    and days.calendar_date < bounds.end_date
