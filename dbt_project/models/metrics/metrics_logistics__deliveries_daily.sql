-- Three events of one order on three days: the order, the day it was promised for, the delivery. A
-- sum is NULL on a day without its event, or where no order of the day records the figure: not 0.
with as_of as (
    select max(through_date) as as_of_date from {{ ref('dim_periods') }}
),

events as (
    select
        'order' as event,
        deliveries.order_date as event_date,
        deliveries.*
    from {{ ref('fct_deliveries') }} as deliveries
    where deliveries.order_date is not null
    union all
    select
        'promise' as event,
        deliveries.promised_date as event_date,
        deliveries.*
    from {{ ref('fct_deliveries') }} as deliveries
    -- a promise for a later day is neither kept nor broken yet
    inner join as_of on deliveries.promised_date <= as_of.as_of_date
    union all
    select
        'delivery' as event,
        deliveries.delivered_date as event_date,
        deliveries.*
    from {{ ref('fct_deliveries') }} as deliveries
    where deliveries.delivered_date is not null
)

select
    event_date,
    region,
    channel,
    warehouse,
    count(case when event = 'order' then is_backordered end) as backorder_recorded_count,
    cast(sum(case when event = 'order' then cast(is_backordered as integer) end) as bigint) as backordered_count,
    count(case when event = 'promise' then order_id end) as promised_count,
    cast(
        sum(
            case
                when event <> 'promise' then null
                when delivered_date <= promised_date then 1
                -- an order that is not delivered yet is late as soon as its promised day is over
                else 0
            end
        ) as bigint
    ) as on_time_count,
    count(case when event = 'promise' then is_fulfilled end) as fulfilment_recorded_count,
    cast(sum(case when event = 'promise' then cast(is_fulfilled as integer) end) as bigint) as in_full_count,
    count(case when event = 'delivery' then order_id end) as delivered_count,
    count(case when event = 'delivery' then fulfilment_days end) as fulfilled_orders_count,
    cast(sum(case when event = 'delivery' then fulfilment_days end) as bigint) as fulfilment_days_sum,
    cast(sum(case when event = 'delivery' then lateness_days end) as bigint) as lateness_days_sum,
    count(case when event = 'delivery' then carbon_kg end) as carbon_recorded_count,
    cast(sum(case when event = 'delivery' then carbon_kg end) as decimal(38, 4)) as carbon_kg
from events
group by event_date, region, channel, warehouse
