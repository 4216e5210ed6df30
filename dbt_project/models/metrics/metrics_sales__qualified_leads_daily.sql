select
    qualified_date,
    region,
    channel,
    coalesce(campaign_id, 'unassigned') as campaign_id,
    cast(count(*) as bigint) as qualified_leads_count
from {{ ref('fct_leads') }}
where qualified_date is not null
group by qualified_date, region, channel, coalesce(campaign_id, 'unassigned')
