select
    periods.period_grain,
    periods.period_start_date,
    case when grouping(daily.product_category) = 0 then 'product_category' else 'company' end as scope_type,
    coalesce(daily.product_category, 'all') as scope_id,
    cast(sum(daily.new_products_count) as bigint) as new_products_count
from {{ ref('metrics_sales__product_launches_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.launch_date between periods.period_start_date and periods.through_date
where periods.period_grain not in ('day', 'week', 'week_to_date')
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.product_category)
)
