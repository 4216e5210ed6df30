select
    booked_date,
    region,
    channel,
    salesperson_id,
    cast(count(*) as bigint) as booked_count
from {{ ref('fct_meetings') }}
group by booked_date, region, channel, salesperson_id
