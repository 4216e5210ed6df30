select
    currency_code,
    rate_date,
    rate
from {{ source('demo', 'exchange_rates') }}
