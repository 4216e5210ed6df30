select
    subscriptions.subscription_id,
    subscriptions.customer_id,
    coalesce(customers.region, 'unassigned') as region,
    coalesce(customers.customer_segment, 'unassigned') as customer_segment,
    subscriptions.start_date,
    subscriptions.end_date,
    -- at the rate of the day it began, for as long as it runs: the fee changes when people change it,
    -- not with the market (docs/decisions/recurring-revenue.md)
    case
        when subscriptions.currency_code is null then subscriptions.monthly_fee_amount
        else cast(subscriptions.monthly_fee_amount * rates.rate as decimal(18, 4))
    end as monthly_fee_amount
from {{ ref('stg_sales__subscriptions') }} as subscriptions
-- left, both: a fee is due whatever is known of the customer, and a missing rate must stop the build by name
left join {{ ref('stg_sales__customers') }} as customers on subscriptions.customer_id = customers.customer_id
left join {{ ref('dim_exchange_rates') }} as rates
    on
        subscriptions.currency_code = rates.currency_code
        and subscriptions.start_date between rates.valid_from and rates.valid_to
