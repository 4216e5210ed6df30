select
    opportunity_id,
    change_number,
    changed_date,
    stage as stage_name,
    probability as stage_probability,
    stage not in ('vunnen', 'förlorad') as is_open,
    stage = 'vunnen' as is_won,
    amount,
    cast(null as varchar) as currency_code
from {{ source('demo', 'opportunity_stages') }}
