select
    launch_date,
    product_category,
    cast(count(*) as bigint) as new_products_count
from {{ ref('dim_products') }}
where launch_date is not null
group by launch_date, product_category
