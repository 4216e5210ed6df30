-- The web calls the campaigns' channel search paid_search, apart from the unpaid organic.
select
    date as session_date,
    case channel when 'paid_search' then 'search' else channel end as channel,
    channel = 'paid_search' as is_paid,
    sessions as sessions_count,
    visitors as visitors_count
from {{ source('demo', 'web_sessions') }}
