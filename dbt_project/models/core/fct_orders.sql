with order_totals as (
    select
        order_id,
        cast(sum(net_amount) as decimal(38, 4)) as net_amount,
        cast(sum(cost_amount) as decimal(38, 4)) as cost_amount
    from {{ ref('fct_order_lines') }}
    group by order_id
)

select
    orders.order_id,
    orders.order_date,
    orders.customer_id,
    coalesce(customers.customer_segment, 'unassigned') as customer_segment,
    orders.region,
    orders.channel,
    orders.salesperson_id,
    coalesce(order_totals.net_amount, 0) as net_amount,
    coalesce(order_totals.cost_amount, 0) as cost_amount,
    -- the order id only settles which of several orders on the first day is the first
    row_number() over (
        partition by orders.customer_id
        order by orders.order_date asc nulls last, orders.order_id asc nulls last
    ) = 1 as is_first_order_of_customer
from {{ ref('stg_sales__orders') }} as orders
-- left, both: an order counts as placed even if its lines or its customer's record are missing
left join order_totals on orders.order_id = order_totals.order_id
left join {{ ref('stg_sales__customers') }} as customers on orders.customer_id = customers.customer_id
