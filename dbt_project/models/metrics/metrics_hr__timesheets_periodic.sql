with hours as (
    select
        periods.period_grain,
        periods.period_start_date,
        case when grouping(daily.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(daily.department) = 1 then 'all' else daily.department end as scope_id,
        cast(sum(daily.hours_worked) as decimal(38, 2)) as hours_worked,
        cast(sum(daily.hours_billable) as decimal(38, 2)) as hours_billable
    from {{ ref('metrics_hr__timesheets_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.work_date between periods.period_start_date and periods.through_date
    -- timesheets may be of whole weeks
    where periods.period_grain <> 'day'
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.department)
    )
),

people as (
    select
        periods.period_grain,
        periods.period_start_date,
        case when grouping(timesheets.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(timesheets.department) = 1 then 'all' else timesheets.department end as scope_id,
        cast(count(distinct timesheets.employee_id) as bigint) as people_count
    from {{ ref('fct_timesheets') }} as timesheets
    inner join {{ ref('dim_periods') }} as periods
        on timesheets.work_date between periods.period_start_date and periods.through_date
    where periods.period_grain <> 'day'
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, timesheets.department)
    )
),

joined as (
    select
        hours.period_grain,
        hours.period_start_date,
        hours.scope_type,
        hours.scope_id,
        hours.hours_worked,
        hours.hours_billable,
        people.people_count
    from hours
    inner join people
        on
            hours.period_grain = people.period_grain
            and hours.period_start_date = people.period_start_date
            and hours.scope_type = people.scope_type
            and hours.scope_id = people.scope_id
)

select
    *,
    {{ is_withheld('people_count') }} as is_utilisation_withheld
from joined
