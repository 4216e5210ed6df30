select
    session_date,
    channel,
    is_paid,
    sessions_count,
    visitors_count
from {{ ref('stg_marketing__web_sessions') }}
