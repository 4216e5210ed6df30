select
    production_orders.production_order_id,
    production_orders.product_id,
    coalesce(warehouses.warehouse_name, 'unassigned') as warehouse,
    production_orders.started_date,
    production_orders.finished_date,
    production_orders.produced_quantity,
    production_orders.cost_amount
from {{ source('demo', 'production_orders') }} as production_orders
-- left: what is made in an unknown warehouse is made all the same
left join {{ source('demo', 'warehouses') }} as warehouses
    on production_orders.warehouse_id = warehouses.warehouse_id
