-- Three events of one ticket on days of their own: opened, first answered, resolved.
with events as (
    select
        opened_date as event_date,
        region,
        customer_segment,
        channel,
        case when waiting_minutes is not null then 1 else 0 end as waiting_recorded_count,
        coalesce(waiting_minutes, 0) as waiting_minutes,
        case when is_escalated is not null then 1 else 0 end as escalation_recorded_count,
        case when is_escalated then 1 else 0 end as escalated_count,
        0 as first_response_count,
        0 as first_response_seconds,
        0 as resolved_count,
        0 as resolution_seconds,
        0 as contacts_recorded_count,
        0 as first_contact_count
    from {{ ref('fct_tickets') }}
    union all
    select
        first_response_date as event_date,
        region,
        customer_segment,
        channel,
        0 as waiting_recorded_count,
        0 as waiting_minutes,
        0 as escalation_recorded_count,
        0 as escalated_count,
        1 as first_response_count,
        first_response_seconds,
        0 as resolved_count,
        0 as resolution_seconds,
        0 as contacts_recorded_count,
        0 as first_contact_count
    from {{ ref('fct_tickets') }}
    where first_response_date is not null
    union all
    select
        resolved_date as event_date,
        region,
        customer_segment,
        channel,
        0 as waiting_recorded_count,
        0 as waiting_minutes,
        0 as escalation_recorded_count,
        0 as escalated_count,
        0 as first_response_count,
        0 as first_response_seconds,
        1 as resolved_count,
        resolution_seconds,
        case when contacts_count is not null then 1 else 0 end as contacts_recorded_count,
        case when contacts_count = 1 then 1 else 0 end as first_contact_count
    from {{ ref('fct_tickets') }}
    where resolved_date is not null
)

select
    event_date,
    region,
    customer_segment,
    channel,
    cast(sum(waiting_recorded_count) as bigint) as waiting_recorded_count,
    cast(sum(waiting_minutes) as decimal(38, 4)) as waiting_minutes_sum,
    cast(sum(escalation_recorded_count) as bigint) as escalation_recorded_count,
    cast(sum(escalated_count) as bigint) as escalated_count,
    cast(sum(first_response_count) as bigint) as first_response_count,
    cast(sum(first_response_seconds) as bigint) as first_response_seconds_sum,
    cast(sum(resolved_count) as bigint) as resolved_count,
    cast(sum(resolution_seconds) as bigint) as resolution_seconds_sum,
    cast(sum(contacts_recorded_count) as bigint) as contacts_recorded_count,
    cast(sum(first_contact_count) as bigint) as first_contact_count
from events
group by event_date, region, customer_segment, channel
