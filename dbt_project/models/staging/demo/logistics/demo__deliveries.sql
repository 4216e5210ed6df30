select
    order_id,
    promised_date,
    delivered_date
from {{ source('demo', 'deliveries') }}
