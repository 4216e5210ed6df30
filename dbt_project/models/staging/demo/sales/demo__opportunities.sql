select
    opportunity_id,
    created_date,
    region,
    channel,
    cast(null as varchar) as salesperson_id
from {{ source('demo', 'opportunities') }}
