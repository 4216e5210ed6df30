select
    market_size.start_date,
    market_size.end_date,
    market_size.product_category,
    market_size.market_amount,
    {{ dbt.datediff('market_size.start_date', 'market_size.end_date', 'day') }} + 1 as days_count
from {{ ref('stg_marketing__market_size') }} as market_size
cross join {{ source('audit', 'run_settings') }} as settings
-- what is said of days that have not come is a forecast, not a market
where market_size.end_date <= settings.as_of_date
