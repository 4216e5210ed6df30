-- The ship date stands for the delivery: no later date is recorded. Every line of an order has
-- the same dates, which the suites on the raw tables hold.
select distinct
    salesordernumber as order_id,
    duedate as promised_date,
    shipdate as delivered_date,
    cast(null as boolean) as is_in_full,
    cast(null as boolean) as is_backordered,
    'unassigned' as warehouse,
    cast(null as decimal(18, 4)) as carbon_kg
from {{ source('adventureworks', 'internet_sales') }}
union all
select distinct
    salesordernumber as order_id,
    duedate as promised_date,
    shipdate as delivered_date,
    cast(null as boolean) as is_in_full,
    cast(null as boolean) as is_backordered,
    'unassigned' as warehouse,
    cast(null as decimal(18, 4)) as carbon_kg
from {{ source('adventureworks', 'reseller_sales') }}
