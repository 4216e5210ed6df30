-- The newest version of each campaign.
with versions as (
    select
        id,
        name,
        advertising_channel_type,
        start_date,
        end_date,
        row_number() over (partition by id order by updated_at desc) as version_number
    from {{ source('google_ads', 'campaign_history') }}
)

select
    cast(id as varchar) as campaign_id,
    name as campaign_name,
    lower(advertising_channel_type) as channel,
    start_date,
    case when end_date < '2037-12-30' then end_date end as end_date
from versions
where version_number = 1
