-- One campaign a channel, since spend is known by channel only.
select distinct
    channel as campaign_id,
    channel as campaign_name,
    channel,
    cast(null as date) as start_date,
    cast(null as date) as end_date
from {{ ref('robyn_channel_weeks') }}
