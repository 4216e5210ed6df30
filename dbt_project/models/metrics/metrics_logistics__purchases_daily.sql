-- Two events of one order on two days: the receipt, and the day it was promised for. Orders and their
-- lines meet as sums only, so that an order's days do not count once a line. A sum is NULL on a day
-- without its event: not 0.
with as_of as (
    select max(through_date) as as_of_date from {{ ref('dim_periods') }}
),

events as (
    select
        received_date as event_date,
        supplier_id,
        purchase_order_id as received_order_id,
        lead_days,
        cast(null as decimal(18, 4)) as ordered_quantity,
        cast(null as decimal(18, 4)) as received_quantity,
        cast(null as decimal(18, 4)) as rejected_quantity,
        cast(null as varchar) as promised_order_id,
        cast(null as integer) as on_time_count
    from {{ ref('fct_purchase_orders') }}
    where received_date is not null
    union all
    select
        received_date as event_date,
        supplier_id,
        null as received_order_id,
        null as lead_days,
        ordered_quantity,
        received_quantity,
        rejected_quantity,
        null as promised_order_id,
        null as on_time_count
    from {{ ref('fct_purchase_order_lines') }}
    where received_date is not null
    union all
    select
        purchase_orders.promised_date as event_date,
        purchase_orders.supplier_id,
        null as received_order_id,
        null as lead_days,
        null as ordered_quantity,
        null as received_quantity,
        null as rejected_quantity,
        purchase_orders.purchase_order_id as promised_order_id,
        -- what has not come yet is late as soon as its promised day is over
        case when purchase_orders.received_date <= purchase_orders.promised_date then 1 else 0 end as on_time_count
    from {{ ref('fct_purchase_orders') }} as purchase_orders
    -- a promise for a later day is neither kept nor broken yet
    inner join as_of on purchase_orders.promised_date <= as_of.as_of_date
)

select
    event_date,
    supplier_id,
    count(received_order_id) as purchase_orders_count,
    cast(sum(lead_days) as bigint) as lead_days_sum,
    cast(sum(ordered_quantity) as decimal(38, 4)) as ordered_quantity,
    cast(sum(received_quantity) as decimal(38, 4)) as received_quantity,
    cast(sum(rejected_quantity) as decimal(38, 4)) as rejected_quantity,
    count(promised_order_id) as promised_count,
    cast(sum(on_time_count) as bigint) as on_time_count
from events
group by event_date, supplier_id
