-- Orders and their lines are summed apart before they meet, so that an order's days do not count once a line.
with events as (
    select
        received_date,
        supplier_id,
        1 as purchase_orders_count,
        lead_days,
        cast(0 as decimal(18, 4)) as received_quantity,
        cast(0 as decimal(18, 4)) as rejected_quantity
    from {{ ref('fct_purchase_orders') }}
    where received_date is not null
    union all
    select
        received_date,
        supplier_id,
        0 as purchase_orders_count,
        0 as lead_days,
        received_quantity,
        rejected_quantity
    from {{ ref('fct_purchase_order_lines') }}
    where received_date is not null
)

select
    received_date,
    supplier_id,
    cast(sum(purchase_orders_count) as bigint) as purchase_orders_count,
    cast(sum(lead_days) as bigint) as lead_days_sum,
    cast(sum(received_quantity) as decimal(38, 4)) as received_quantity,
    cast(sum(rejected_quantity) as decimal(38, 4)) as rejected_quantity
from events
group by received_date, supplier_id
