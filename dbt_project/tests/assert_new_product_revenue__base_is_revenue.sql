{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__new_product_revenue_periodic'}}}) }}
-- The revenue beside which new products stand is the revenue of the period, in every scope, to the cent.
select
    new_products.period_grain,
    new_products.period_start_date,
    new_products.scope_type,
    new_products.scope_id,
    new_products.revenue_amount,
    lines.revenue_amount as order_lines_revenue_amount
from {{ ref('metrics_sales__new_product_revenue_periodic') }} as new_products
left join {{ ref('metrics_sales__order_lines_periodic') }} as lines
    on
        new_products.period_grain = lines.period_grain
        and new_products.period_start_date = lines.period_start_date
        and new_products.scope_type = lines.scope_type
        and new_products.scope_id = lines.scope_id
where lines.revenue_amount is null or new_products.revenue_amount <> lines.revenue_amount
