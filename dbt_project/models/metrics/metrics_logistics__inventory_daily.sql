select
    stock_date,
    source_system,
    product_category,
    cast(sum(value_amount) as decimal(38, 12)) as inventory_amount
from {{ ref('fct_stock') }}
group by stock_date, source_system, product_category
