-- The order system keeps cancelled orders; they never became revenue.
select
    order_id,
    customer_id,
    order_date,
    region,
    channel,
    salesperson_id
from {{ source('demo', 'orders') }}
where status <> 'cancelled'
