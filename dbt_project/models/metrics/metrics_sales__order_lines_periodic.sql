select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        when grouping(daily.product_category) = 0 then 'product_category'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.channel, daily.product_category, 'all') as scope_id,
    cast(sum(daily.revenue_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(daily.cost_amount) as decimal(38, 4)) as cost_amount,
    cast(sum(daily.units_quantity) as decimal(38, 4)) as units_quantity
from {{ ref('metrics_sales__order_lines_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.order_date between periods.period_start_date and periods.through_date
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.channel),
    (periods.period_grain, periods.period_start_date, daily.product_category)
)
