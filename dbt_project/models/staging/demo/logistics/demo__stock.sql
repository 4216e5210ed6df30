select
    stock.stock_date,
    coalesce(warehouses.warehouse_name, 'unassigned') as warehouse,
    stock.product_id,
    stock.quantity,
    products.standard_cost as unit_cost_amount
from {{ source('demo', 'stock') }} as stock
-- inner: without its product a unit has no cost; the suite refuses such a row
inner join {{ source('demo', 'products') }} as products on stock.product_id = products.product_id
left join {{ source('demo', 'warehouses') }} as warehouses on stock.warehouse_id = warehouses.warehouse_id
