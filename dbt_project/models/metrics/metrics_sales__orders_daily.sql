select
    order_date,
    region,
    channel,
    customer_segment,
    salesperson_id,
    cast(count(*) as bigint) as orders_count,
    cast(sum(net_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(case when is_first_order_of_customer then 1 else 0 end) as bigint) as new_customers_count
from {{ ref('fct_orders') }}
group by order_date, region, channel, customer_segment, salesperson_id
