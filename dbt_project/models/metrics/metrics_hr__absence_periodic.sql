with recorded as (
    select cast({{ dbt.date_trunc('month', 'min(absence_date)') }} as date) as recorded_from_date
    from {{ ref('fct_absence_days') }}
),

periods as (
    select
        dim_periods.period_grain,
        dim_periods.period_start_date,
        dim_periods.through_date
    from {{ ref('dim_periods') }} as dim_periods
    cross join recorded
    -- a period that begins before the records do would show a part of itself as the whole
    where
        dim_periods.period_start_date >= recorded.recorded_from_date
        and dim_periods.period_grain <> 'day'
),

days as (
    select
        periods.period_grain,
        periods.period_start_date,
        case when grouping(daily.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(daily.department) = 1 then 'all' else daily.department end as scope_id,
        cast(sum(daily.unplanned_absence_days) as decimal(38, 6)) as unplanned_absence_days,
        cast(sum(daily.absence_occasions_count) as bigint) as absence_occasions_count,
        cast(sum(daily.available_working_days) as bigint) as available_working_days
    from {{ ref('metrics_hr__absence_daily') }} as daily
    inner join periods on daily.calendar_date between periods.period_start_date and periods.through_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.department)
    )
),

people as (
    select
        periods.period_grain,
        periods.period_start_date,
        case when grouping(employment.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(employment.department) = 1 then 'all' else employment.department end as scope_id,
        cast(count(distinct employment.employee_id) as bigint) as people_count
    from {{ ref('fct_employment') }} as employment
    inner join periods
        on
            employment.start_date <= periods.through_date
            and (employment.end_date >= periods.period_start_date or employment.end_date is null)
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, employment.department)
    )
),

joined as (
    select
        days.period_grain,
        days.period_start_date,
        days.scope_type,
        days.scope_id,
        days.unplanned_absence_days,
        days.absence_occasions_count,
        days.available_working_days,
        people.people_count
    from days
    inner join people
        on
            days.period_grain = people.period_grain
            and days.period_start_date = people.period_start_date
            and days.scope_type = people.scope_type
            and days.scope_id = people.scope_id
)

select
    *,
    {{ is_withheld('people_count') }} as is_absence_withheld
from joined
