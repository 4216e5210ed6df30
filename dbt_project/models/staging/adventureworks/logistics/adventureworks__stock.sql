-- Month-end snapshots of no warehouse. Each of the 606 product versions has a balance and a cost
-- of its own, and sales are booked on versions, so a product's stock is the sum of its versions
-- and its unit cost their average by value. Negative units stay as booked.
with products as (
    select
        product_inventory.movementdate,
        product.productalternatekey,
        sum(product_inventory.unitsbalance) as quantity,
        sum(product_inventory.unitsbalance * product_inventory.unitcost) as stock_amount,
        max(product_inventory.unitcost) as highest_unit_cost
    from {{ source('adventureworks', 'product_inventory') }} as product_inventory
    left join {{ source('adventureworks', 'product') }} as product
        on product_inventory.productkey = product.productkey
    group by product_inventory.movementdate, product.productalternatekey
)

select
    movementdate as stock_date,
    'unassigned' as warehouse,
    productalternatekey as product_id,
    quantity,
    -- nothing in stock has no average; the value is nil at any cost
    coalesce({{ safe_divide('stock_amount', 'quantity') }}, highest_unit_cost) as unit_cost_amount
from products
