{{ config(meta={'dagster': {'ref': {'name': 'fct_customer_acquisition'}}}) }}
-- A lead brings nobody who has bought before.
select
    acquisition.customer_id,
    acquisition.acquired_date,
    orders.order_id,
    orders.order_date
from {{ ref('fct_customer_acquisition') }} as acquisition
inner join {{ ref('fct_orders') }} as orders on acquisition.customer_id = orders.customer_id
where orders.order_date < acquisition.acquired_date
