select
    opportunities.opportunityseq as opportunity_id,
    opportunities."Opportunity Created On" as created_date,
    coalesce(accounts.region, 'unassigned') as region,
    'direct' as channel,
    opportunities.systemuserseq as salesperson_id
from {{ source('powerbi_ai_sample', 'opportunities') }} as opportunities
-- left, not inner: an opportunity with somebody unknown is one too
left join {{ source('powerbi_ai_sample', 'accounts') }} as accounts on opportunities.accountseq = accounts.accountseq
