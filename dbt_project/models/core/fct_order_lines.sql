select
    order_lines.order_id,
    order_lines.line_number,
    orders.order_date,
    orders.customer_id,
    orders.region,
    orders.channel,
    orders.salesperson_id,
    order_lines.product_id,
    coalesce(products.product_category, 'unassigned') as product_category,
    order_lines.quantity,
    order_lines.net_amount,
    order_lines.cost_amount
from {{ ref('stg_sales__order_lines') }} as order_lines
-- inner, not left: without its order a line has no date, so it belongs to no period; the gate on the
-- raw tables refuses such a line, and assert_order_lines__core_keeps_every_line holds it here
inner join {{ ref('stg_sales__orders') }} as orders on order_lines.order_id = orders.order_id
-- left, not inner: revenue stays revenue when the product is not in the register
left join {{ ref('stg_sales__products') }} as products on order_lines.product_id = products.product_id
