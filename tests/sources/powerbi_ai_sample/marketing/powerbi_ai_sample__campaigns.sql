select
    campaignseq as campaign_id,
    "Campaign Name" as campaign_name,
    lower(type) as channel,
    cast(null as date) as start_date,
    cast(null as date) as end_date
from {{ source('powerbi_ai_sample', 'campaigns') }}
