select
    opportunity_id,
    created_date,
    region,
    channel
from {{ source('demo', 'opportunities') }}
