select
    session_date,
    channel,
    cast(sum(sessions_count) as bigint) as sessions_count,
    -- NULL for a channel that nobody pays for: it has no paid sessions, not 0 of them
    cast(sum(case when is_paid then sessions_count end) as bigint) as paid_sessions_count,
    cast(sum(visitors_count) as bigint) as visitors_count
from {{ ref('fct_web_sessions') }}
group by session_date, channel
