select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        when grouping(daily.customer_segment) = 0 then 'customer_segment'
        when grouping(daily.salesperson_id) = 0 then 'employee'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.channel, daily.customer_segment, daily.salesperson_id, 'all') as scope_id,
    cast(sum(daily.orders_count) as bigint) as orders_count,
    cast(sum(daily.revenue_amount) as decimal(38, 4)) as revenue_amount,
    -- new customers add up like any flow: each has one first order, on one day, in one place
    cast(sum(daily.new_customers_count) as bigint) as new_customers_count
from {{ ref('metrics_sales__orders_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.order_date between periods.period_start_date and periods.through_date
group by
    grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.region),
        (periods.period_grain, periods.period_start_date, daily.channel),
        (periods.period_grain, periods.period_start_date, daily.customer_segment),
        (periods.period_grain, periods.period_start_date, daily.salesperson_id)
    )
-- self-service is nobody's: no employee has such a row
having grouping(daily.salesperson_id) = 1 or daily.salesperson_id is not null
