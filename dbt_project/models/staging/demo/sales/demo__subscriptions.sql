select
    subscription_id,
    customer_id,
    start_date,
    end_date,
    monthly_fee as monthly_fee_amount,
    cast(null as varchar) as currency_code
from {{ source('demo', 'subscriptions') }}
