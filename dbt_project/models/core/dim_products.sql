select
    product_id,
    product_name,
    product_category,
    launch_date,
    source_system
from {{ ref('stg_sales__products') }}
