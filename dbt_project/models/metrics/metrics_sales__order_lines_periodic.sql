select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        when grouping(daily.product_category) = 0 then 'product_category'
        when grouping(daily.customer_segment) = 0 then 'customer_segment'
        when grouping(daily.salesperson_id) = 0 then 'employee'
        else 'company'
    end as scope_type,
    coalesce(
        daily.region, daily.channel, daily.product_category, daily.customer_segment, daily.salesperson_id, 'all'
    ) as scope_id,
    cast(sum(daily.revenue_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(daily.cost_amount) as decimal(38, 4)) as cost_amount,
    cast(sum(daily.units_quantity) as decimal(38, 4)) as units_quantity,
    -- NULL, not 0, where nothing was sold by a person: self-service says nothing about salespeople
    cast(
        sum(case when daily.salesperson_id is not null then daily.revenue_amount end) as decimal(38, 4)
    ) as salespeople_revenue_amount,
    cast(count(distinct daily.salesperson_id) as bigint) as salespeople_count
from {{ ref('metrics_sales__order_lines_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.order_date between periods.period_start_date and periods.through_date
group by
    grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.region),
        (periods.period_grain, periods.period_start_date, daily.channel),
        (periods.period_grain, periods.period_start_date, daily.product_category),
        (periods.period_grain, periods.period_start_date, daily.customer_segment),
        (periods.period_grain, periods.period_start_date, daily.salesperson_id)
    )
-- self-service is nobody's: no employee has such a row
having grouping(daily.salesperson_id) = 1 or daily.salesperson_id is not null
