select
    order_date,
    region,
    channel,
    product_category,
    customer_segment,
    salesperson_id,
    cast(sum(net_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(cost_amount) as decimal(38, 4)) as cost_amount,
    cast(sum(quantity) as decimal(38, 4)) as units_quantity
from {{ ref('fct_order_lines') }}
group by order_date, region, channel, product_category, customer_segment, salesperson_id
