select
    opportunity_id,
    created_date,
    region,
    channel,
    salesperson_id
from {{ source('demo', 'opportunities') }}
