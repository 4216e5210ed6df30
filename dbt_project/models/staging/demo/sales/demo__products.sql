select
    product_id,
    product_name,
    product_category,
    launch_date
from {{ source('demo', 'products') }}
