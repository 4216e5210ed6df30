select
    calendar_date as start_date,
    calendar_date as end_date,
    'unassigned' as product_category,
    market_amount
from {{ ref('robyn_days') }}
