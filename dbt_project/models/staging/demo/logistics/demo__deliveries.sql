select
    deliveries.order_id,
    deliveries.promised_date,
    deliveries.delivered_date,
    deliveries.is_in_full,
    deliveries.is_backordered,
    coalesce(warehouses.warehouse_name, 'unassigned') as warehouse,
    deliveries.carbon_kg
from {{ source('demo', 'deliveries') }} as deliveries
-- left: an order from an unknown warehouse is delivered all the same
left join {{ source('demo', 'warehouses') }} as warehouses on deliveries.warehouse_id = warehouses.warehouse_id
