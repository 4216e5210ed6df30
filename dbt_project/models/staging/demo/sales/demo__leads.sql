select
    lead_id,
    created_date,
    region,
    channel,
    campaign_id,
    channel <> 'referral' as is_marketing,
    customer_id,
    qualified_date,
    converted_date
from {{ source('demo', 'leads') }}
