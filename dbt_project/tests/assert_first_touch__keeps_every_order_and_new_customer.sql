{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__first_touch_daily'}}}) }}
-- Every order has one first touch, "none" included: same revenue and new customers as all orders, to the cent.
with sums as (
    select
        (select coalesce(sum(net_amount), 0) from {{ ref('fct_orders') }}) as orders_amount,
        (
            select coalesce(sum(revenue_amount), 0)
            from {{ ref('metrics_sales__first_touch_daily') }}
        ) as first_touch_amount,
        (select count(distinct customer_id) from {{ ref('fct_orders') }}) as customers_count,
        (
            select coalesce(sum(new_customers_count), 0)
            from {{ ref('metrics_sales__first_touch_daily') }}
        ) as new_customers_count
)

select *
from sums
where orders_amount <> first_touch_amount or customers_count <> new_customers_count
