{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__product_launches_daily'}}}) }}
-- As many new products over all days as products with a launch date.
with counts as (
    select
        (select count(launch_date) from {{ ref('dim_products') }}) as products_count,
        (
            select coalesce(sum(new_products_count), 0)
            from {{ ref('metrics_sales__product_launches_daily') }}
        ) as new_products_count
)

select *
from counts
where products_count <> new_products_count
