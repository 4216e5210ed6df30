select
    channel as campaign_id,
    activity_date,
    impressions_count,
    clicks_count,
    cost_amount,
    cast(null as varchar) as currency_code
from {{ ref('robyn_channel_weeks') }}
