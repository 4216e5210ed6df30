select
    account_id,
    account_name,
    account_class,
    cost_function
from {{ source('demo', 'accounts') }}
