select
    customer_id,
    region,
    customer_segment
from {{ source('demo', 'customers') }}
