with periods as (
    select
        period_grain,
        period_start_date,
        through_date,
        period_status = 'settled' as is_settled
    from {{ ref('dim_periods') }}
    -- whole months and what they add up to: docs/decisions/small-groups.md
    where period_grain in ('month', 'quarter', 'year')
),

hours as (
    select
        periods.period_grain,
        periods.period_start_date,
        periods.is_settled,
        case when grouping(daily.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(daily.department) = 1 then 'all' else daily.department end as scope_id,
        cast(sum(daily.hours_worked) as decimal(38, 2)) as hours_worked,
        cast(sum(daily.hours_billable) as decimal(38, 2)) as hours_billable
    from {{ ref('metrics_hr__timesheets_daily') }} as daily
    inner join periods on daily.work_date between periods.period_start_date and periods.through_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date, periods.is_settled),
        (periods.period_grain, periods.period_start_date, periods.is_settled, daily.department)
    )
),

withheld as (
    select distinct
        periods.period_grain,
        periods.period_start_date,
        months.scope_type,
        months.scope_id
    from {{ ref('metrics_hr__timesheet_groups_monthly') }} as months
    inner join periods on months.month_start_date between periods.period_start_date and periods.through_date
    where months.is_withheld
)

select
    hours.period_grain,
    hours.period_start_date,
    hours.scope_type,
    hours.scope_id,
    hours.is_settled,
    hours.hours_worked,
    hours.hours_billable,
    withheld.scope_id is not null as is_utilisation_withheld
from hours
left join withheld
    on
        hours.period_grain = withheld.period_grain
        and hours.period_start_date = withheld.period_start_date
        and hours.scope_type = withheld.scope_type
        and hours.scope_id = withheld.scope_id
