-- Where launches are recorded, a period without any has 0 of them; a category of which no launch date
-- is known has no row.
with categories as (
    select distinct product_category
    from {{ ref('metrics_sales__product_launches_daily') }}
)

select
    periods.period_grain,
    periods.period_start_date,
    case when grouping(categories.product_category) = 0 then 'product_category' else 'company' end as scope_type,
    coalesce(categories.product_category, 'all') as scope_id,
    cast(coalesce(sum(daily.new_products_count), 0) as bigint) as new_products_count
from {{ ref('dim_periods') }} as periods
cross join categories
-- left, not inner: a period without launches has its row
left join {{ ref('metrics_sales__product_launches_daily') }} as daily
    on
        categories.product_category = daily.product_category
        and daily.launch_date between periods.period_start_date and periods.through_date
where periods.period_grain in ('month', 'quarter', 'year')
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, categories.product_category)
)
