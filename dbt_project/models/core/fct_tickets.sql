select
    tickets.ticket_id,
    coalesce(customers.region, 'unassigned') as region,
    coalesce(customers.customer_segment, 'unassigned') as customer_segment,
    coalesce(tickets.channel, 'unassigned') as channel,
    cast(tickets.opened_at as date) as opened_date,
    cast(tickets.first_response_at as date) as first_response_date,
    cast(tickets.resolved_at as date) as resolved_date,
    -- whole seconds, divided once into minutes or hours where a mean is taken
    {{ dbt.datediff('tickets.opened_at', 'tickets.first_response_at', 'second') }} as first_response_seconds,
    {{ dbt.datediff('tickets.opened_at', 'tickets.resolved_at', 'second') }} as resolution_seconds,
    tickets.waiting_minutes,
    tickets.contacts_count,
    tickets.is_escalated
from {{ ref('stg_service__tickets') }} as tickets
-- left, not inner: a ticket of somebody unknown took its time too
left join {{ ref('stg_sales__customers') }} as customers on tickets.customer_id = customers.customer_id
