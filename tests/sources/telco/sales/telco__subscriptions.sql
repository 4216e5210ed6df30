-- Whole months are counted back from the first of the snapshot's month: who has been there for none began in it.
-- Whoever left in the last month has paid the month before in full, and that is the last one.
select
    customerid as subscription_id,
    customerid as customer_id,
    cast({{ dbt.dateadd('month', '-tenure', "cast('2019-10-01' as date)") }} as date) as start_date,
    case when churn then cast('2019-09-30' as date) end as end_date,
    monthlycharges as monthly_fee_amount,
    cast(null as varchar) as currency_code
from {{ source('telco', 'customers') }}
