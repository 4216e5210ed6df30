select
    order_id,
    promised_date,
    delivered_date,
    cast(null as boolean) as is_in_full,
    cast(null as boolean) as is_backordered,
    'unassigned' as warehouse,
    cast(null as decimal(18, 4)) as carbon_kg
from {{ source('demo', 'deliveries') }}
