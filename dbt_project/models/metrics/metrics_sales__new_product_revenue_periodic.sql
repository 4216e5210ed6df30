select
    periods.period_grain,
    periods.period_start_date,
    case when grouping(daily.product_category) = 0 then 'product_category' else 'company' end as scope_type,
    coalesce(daily.product_category, 'all') as scope_id,
    cast(sum(daily.revenue_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(daily.new_product_revenue_amount) as decimal(38, 4)) as new_product_revenue_amount
from {{ ref('metrics_sales__new_product_revenue_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.order_date between periods.period_start_date and periods.through_date
where periods.period_grain not in ('day', 'week', 'week_to_date')
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.product_category)
)
