select
    meeting_id,
    booked_date,
    meeting_date,
    coalesce(region, 'unassigned') as region,
    coalesce(channel, 'unassigned') as channel,
    salesperson_id
from {{ ref('stg_sales__meetings') }}
