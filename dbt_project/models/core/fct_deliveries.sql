with deliveries as (
    select
        deliveries.order_id,
        deliveries.source_system,
        coalesce(deliveries.warehouse, 'unassigned') as warehouse,
        deliveries.promised_date,
        -- a later day has not come yet, whatever the extract already says about it
        case
            when deliveries.delivered_date <= settings.as_of_date then deliveries.delivered_date
        end as delivered_date,
        deliveries.is_in_full,
        deliveries.is_backordered,
        deliveries.carbon_kg
    from {{ ref('stg_logistics__deliveries') }} as deliveries
    cross join {{ source('audit', 'run_settings') }} as settings
)

select
    deliveries.order_id,
    orders.order_date,
    coalesce(orders.region, 'unassigned') as region,
    coalesce(orders.channel, 'unassigned') as channel,
    deliveries.warehouse,
    deliveries.promised_date,
    deliveries.delivered_date,
    {{ dbt.datediff('orders.order_date', 'deliveries.delivered_date', 'day') }} as fulfilment_days,
    {{ dbt.datediff('deliveries.promised_date', 'deliveries.delivered_date', 'day') }} as lateness_days,
    case
        when deliveries.delivered_date is not null then deliveries.is_in_full
        -- an order that is not delivered is not fulfilled, unless its source system never says
        -- what was delivered in full: then nothing is known about any of its orders
        when count(deliveries.is_in_full) over (partition by deliveries.source_system) > 0 then false
    end as is_fulfilled,
    count(deliveries.is_in_full) over (partition by deliveries.source_system) > 0 as is_fulfilment_recorded,
    deliveries.is_backordered,
    deliveries.carbon_kg
from deliveries
-- left, not inner: whether a promise was kept can be told without the order, so a company whose
-- sales are not fed still gets its punctuality; only the days from the order need the order
left join {{ ref('stg_sales__orders') }} as orders on deliveries.order_id = orders.order_id
