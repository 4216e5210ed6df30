-- Two changes at most are known: that it was opened, and that it was won or lost.
select
    opportunityseq as opportunity_id,
    1 as change_number,
    "Opportunity Created On" as changed_date,
    pipelinestep as stage_name,
    probability as stage_probability,
    true as is_open,
    false as is_won,
    value as amount,
    cast(null as varchar) as currency_code
from {{ source('powerbi_ai_sample', 'opportunities') }}
union all
select
    opportunityseq as opportunity_id,
    2 as change_number,
    closedate as changed_date,
    pipelinestep as stage_name,
    case status when 'Won' then 1 else 0 end as stage_probability,
    false as is_open,
    status = 'Won' as is_won,
    value as amount,
    cast(null as varchar) as currency_code
from {{ source('powerbi_ai_sample', 'opportunities') }}
where status <> 'Open'
