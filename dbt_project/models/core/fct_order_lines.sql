select
    order_lines.order_id,
    order_lines.line_number,
    orders.order_date,
    orders.customer_id,
    coalesce(customers.customer_segment, 'unassigned') as customer_segment,
    orders.region,
    orders.channel,
    orders.salesperson_id,
    order_lines.product_id,
    coalesce(products.product_category, 'unassigned') as product_category,
    products.launch_date,
    order_lines.quantity,
    -- in the reporting currency at the rate of the order day; no rate, no amount, and the build
    -- stops at assert_exchange_rates__every_amount_has_one
    case
        when order_lines.currency_code is null then order_lines.net_amount
        else cast(order_lines.net_amount * rates.rate as decimal(18, 4))
    end as net_amount,
    case
        when order_lines.currency_code is null then order_lines.cost_amount
        else cast(order_lines.cost_amount * rates.rate as decimal(18, 4))
    end as cost_amount
from {{ ref('stg_sales__order_lines') }} as order_lines
-- inner, not left: without its order a line has no date, so it belongs to no period; the gate on the
-- raw tables refuses such a line, and assert_order_lines__core_keeps_every_line holds it here
inner join {{ ref('stg_sales__orders') }} as orders on order_lines.order_id = orders.order_id
-- left, not inner, all three: revenue stays revenue when product, customer or rate is unknown
left join {{ ref('stg_sales__products') }} as products on order_lines.product_id = products.product_id
left join {{ ref('stg_sales__customers') }} as customers on orders.customer_id = customers.customer_id
left join {{ ref('dim_exchange_rates') }} as rates
    on
        order_lines.currency_code = rates.currency_code
        and orders.order_date between rates.valid_from and rates.valid_to
