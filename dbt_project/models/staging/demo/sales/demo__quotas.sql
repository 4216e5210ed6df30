select
    quota_id,
    salesperson_id,
    channel,
    quarter_start_date as period_start_date,
    quota_amount
from {{ source('demo', 'quotas') }}
