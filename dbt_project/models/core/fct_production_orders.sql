with orders as (
    select
        orders.production_order_id,
        orders.product_id,
        coalesce(orders.warehouse, 'unassigned') as warehouse,
        orders.started_date,
        -- a later day has not come yet, whatever the extract already says about it
        case when orders.finished_date <= settings.as_of_date then orders.finished_date end as finished_date,
        orders.produced_quantity,
        orders.cost_amount
    from {{ ref('stg_logistics__production_orders') }} as orders
    cross join {{ source('audit', 'run_settings') }} as settings
)

select
    orders.production_order_id,
    orders.product_id,
    coalesce(products.product_category, 'unassigned') as product_category,
    orders.warehouse,
    orders.started_date,
    orders.finished_date,
    {{ dbt.datediff('orders.started_date', 'orders.finished_date', 'day') }} as cycle_days,
    orders.produced_quantity,
    orders.cost_amount
from orders
-- left, not inner: parts that are made but not sold are in no product register
left join {{ ref('stg_sales__products') }} as products on orders.product_id = products.product_id
