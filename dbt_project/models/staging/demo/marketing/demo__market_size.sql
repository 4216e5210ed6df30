select
    quarter_start_date as start_date,
    {{ dbt.last_day('quarter_start_date', 'quarter') }} as end_date,
    product_category,
    market_amount
from {{ source('demo', 'market_size') }}
