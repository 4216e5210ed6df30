select
    meetings.meeting_id,
    meetings.booked_date,
    meetings.meeting_date,
    coalesce(opportunities.region, 'unassigned') as region,
    coalesce(opportunities.channel, 'unassigned') as channel,
    meetings.salesperson_id
from {{ source('demo', 'meetings') }} as meetings
-- left: a meeting is booked also where its opportunity is unknown
left join {{ source('demo', 'opportunities') }} as opportunities
    on meetings.opportunity_id = opportunities.opportunity_id
