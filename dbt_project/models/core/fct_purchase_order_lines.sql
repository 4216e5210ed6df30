select
    order_lines.purchase_order_id,
    order_lines.line_number,
    orders.supplier_id,
    orders.supplier_name,
    orders.ordered_date,
    orders.received_date,
    order_lines.product_id,
    coalesce(products.product_category, 'unassigned') as product_category,
    order_lines.ordered_quantity,
    order_lines.received_quantity,
    order_lines.rejected_quantity
from {{ ref('stg_logistics__purchase_order_lines') }} as order_lines
-- inner, not left: without its order a line has neither a day nor a supplier
inner join {{ ref('fct_purchase_orders') }} as orders
    on order_lines.purchase_order_id = orders.purchase_order_id
-- left, not inner: goods that are bought but not sold are in no product register
left join {{ ref('stg_sales__products') }} as products on order_lines.product_id = products.product_id
