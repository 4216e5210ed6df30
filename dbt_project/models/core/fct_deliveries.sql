select
    deliveries.order_id,
    orders.order_date,
    coalesce(orders.region, 'unassigned') as region,
    coalesce(orders.channel, 'unassigned') as channel,
    deliveries.promised_date,
    deliveries.delivered_date,
    {{ dbt.datediff('orders.order_date', 'deliveries.delivered_date', 'day') }} as fulfilment_days
from {{ ref('stg_logistics__deliveries') }} as deliveries
-- left, not inner: whether a promise was kept can be told without the order, so a company whose
-- sales are not fed still gets its punctuality; only the days from the order need the order
left join {{ ref('stg_sales__orders') }} as orders on deliveries.order_id = orders.order_id
