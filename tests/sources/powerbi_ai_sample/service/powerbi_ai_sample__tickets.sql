select
    caseseq as ticket_id,
    accountseq as customer_id,
    lower(origin) as channel,
    cast("Case Created On" as timestamp) as opened_at,
    {{ dbt.dateadd('minute', '"Minutes to First Contact"', 'cast("Case Created On" as timestamp)') }}
        as first_response_at,
    -- an open case carries minutes too: those that the generator had in store for it
    case
        when status = 'Closed'
            then {{ dbt.dateadd('minute', '"Resolution Minutes"', 'cast("Case Created On" as timestamp)') }}
    end as resolved_at,
    cast(null as decimal(18, 4)) as waiting_minutes,
    activities as contacts_count,
    "Is Escalated" as is_escalated
from {{ source('powerbi_ai_sample', 'cases') }}
