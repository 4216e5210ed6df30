select
    ticket_id,
    customer_id,
    contact_channel as channel,
    opened_at,
    first_response_at,
    resolved_at,
    waiting_minutes,
    contacts_count,
    is_escalated
from {{ source('demo', 'tickets') }}
