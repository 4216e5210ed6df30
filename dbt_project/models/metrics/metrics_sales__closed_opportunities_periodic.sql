select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        when grouping(daily.salesperson_id) = 0 then 'employee'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.channel, daily.salesperson_id, 'all') as scope_id,
    cast(sum(daily.closed_count) as bigint) as closed_count,
    cast(sum(daily.won_count) as bigint) as won_count,
    cast(sum(daily.sales_cycle_days) as bigint) as sales_cycle_days,
    cast(sum(daily.sales_cycles_count) as bigint) as sales_cycles_count
from {{ ref('metrics_sales__closed_opportunities_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.closed_date between periods.period_start_date and periods.through_date
group by
    grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.region),
        (periods.period_grain, periods.period_start_date, daily.channel),
        (periods.period_grain, periods.period_start_date, daily.salesperson_id)
    )
-- what nobody is known to have worked is no employee's
having grouping(daily.salesperson_id) = 1 or daily.salesperson_id is not null
