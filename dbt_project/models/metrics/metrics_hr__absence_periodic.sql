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
)

select
    days.period_grain,
    days.period_start_date,
    days.scope_type,
    days.scope_id,
    days.unplanned_absence_days,
    days.absence_occasions_count,
    days.available_working_days,
    headcount.is_people_withheld as is_absence_withheld
from days
-- inner: whoever has working days is employed
inner join {{ ref('metrics_hr__headcount_periodic') }} as headcount
    on
        days.period_grain = headcount.period_grain
        and days.period_start_date = headcount.period_start_date
        and days.scope_type = headcount.scope_type
        and days.scope_id = headcount.scope_id
