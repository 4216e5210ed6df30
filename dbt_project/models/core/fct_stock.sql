select
    stock.stock_date,
    stock.warehouse,
    stock.product_id,
    coalesce(products.product_category, 'unassigned') as product_category,
    stock.source_system,
    stock.quantity,
    stock.unit_cost_amount,
    -- kept to twelve digits: a value is money only after it has been summed
    cast(stock.quantity * stock.unit_cost_amount as decimal(38, 12)) as value_amount
from {{ ref('stg_logistics__stock') }} as stock
-- left, not inner: stock that is not in the product register still ties up money
left join {{ ref('stg_sales__products') }} as products on stock.product_id = products.product_id
