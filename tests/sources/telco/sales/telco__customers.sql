select
    customerid as customer_id,
    cast(null as varchar) as region,
    contract as customer_segment
from {{ source('telco', 'customers') }}
