select
    cast(calendar_date as varchar) as order_id,
    'unknown' as customer_id,
    calendar_date as order_date,
    'unassigned' as region,
    'unassigned' as channel,
    cast(null as varchar) as salesperson_id
from {{ ref('robyn_days') }}
