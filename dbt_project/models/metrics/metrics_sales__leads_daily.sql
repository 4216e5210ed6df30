-- What became of each day's new leads, as far as it is known on the as-of day.
with as_of as (
    select max(through_date) as as_of_date from {{ ref('dim_periods') }}
)

select
    leads.created_date,
    leads.region,
    leads.channel,
    coalesce(leads.campaign_id, 'unassigned') as campaign_id,
    cast(count(*) as bigint) as leads_count,
    cast(
        sum(case when leads.qualified_date <= as_of.as_of_date then 1 else 0 end) as bigint
    ) as qualified_count,
    cast(
        sum(case when leads.converted_date <= as_of.as_of_date then 1 else 0 end) as bigint
    ) as converted_count
from {{ ref('fct_leads') }} as leads
cross join as_of
group by leads.created_date, leads.region, leads.channel, coalesce(leads.campaign_id, 'unassigned')
