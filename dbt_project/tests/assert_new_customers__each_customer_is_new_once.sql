{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__orders_daily'}}}) }}
-- As many new customers over all days as customers who ever ordered.
with counts as (
    select
        (select count(distinct customer_id) from {{ ref('fct_orders') }}) as customers_count,
        (
            select coalesce(sum(new_customers_count), 0)
            from {{ ref('metrics_sales__orders_daily') }}
        ) as new_customers_count
)

select *
from counts
where customers_count <> new_customers_count
