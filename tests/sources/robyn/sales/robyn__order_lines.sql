select
    cast(calendar_date as varchar) as order_id,
    1 as line_number,
    'everything' as product_id,
    1 as quantity,
    revenue_amount as net_amount,
    0 as cost_amount, -- not known; the contract wants one, and the note says so
    cast(null as varchar) as currency_code
from {{ ref('robyn_days') }}
