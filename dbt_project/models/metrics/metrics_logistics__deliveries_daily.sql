-- Two events of one order on two days: the delivery, and the day it was promised for.
with events as (
    select
        delivered_date as event_date,
        region,
        channel,
        1 as delivered_count,
        case when fulfilment_days is not null then 1 else 0 end as fulfilled_orders_count,
        coalesce(fulfilment_days, 0) as fulfilment_days,
        0 as promised_count,
        0 as on_time_count
    from {{ ref('fct_deliveries') }}
    where delivered_date is not null
    union all
    select
        promised_date as event_date,
        region,
        channel,
        0 as delivered_count,
        0 as fulfilled_orders_count,
        0 as fulfilment_days,
        1 as promised_count,
        -- an order that is not delivered yet is late as soon as its promised day is over
        case when delivered_date <= promised_date then 1 else 0 end as on_time_count
    from {{ ref('fct_deliveries') }}
)

select
    event_date,
    region,
    channel,
    cast(sum(delivered_count) as bigint) as delivered_count,
    cast(sum(fulfilled_orders_count) as bigint) as fulfilled_orders_count,
    cast(sum(fulfilment_days) as bigint) as fulfilment_days_sum,
    cast(sum(promised_count) as bigint) as promised_count,
    cast(sum(on_time_count) as bigint) as on_time_count
from events
group by event_date, region, channel
