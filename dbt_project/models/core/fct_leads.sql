select
    lead_id,
    created_date,
    region,
    channel,
    campaign_id,
    is_marketing,
    customer_id,
    qualified_date,
    converted_date
from {{ ref('stg_sales__leads') }}
