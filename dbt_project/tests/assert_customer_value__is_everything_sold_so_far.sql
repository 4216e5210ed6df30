{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__customer_value_periodic'}}}) }}
-- At the end of every year, revenue so far is that of all orders up to then, and the customers so far are all who placed one.
with so_far as (
    select
        periods.period_start_date,
        sum(orders.net_amount) as revenue_amount,
        count(distinct orders.customer_id) as customers_count
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_periods') }} as periods
        on periods.period_grain = 'year' and orders.order_date <= periods.through_date
    group by periods.period_start_date
)

select
    so_far.period_start_date,
    so_far.revenue_amount,
    customer_value.revenue_to_date_amount,
    so_far.customers_count,
    customer_value.customers_to_date_count
from so_far
left join {{ ref('metrics_sales__customer_value_periodic') }} as customer_value
    on
        customer_value.period_grain = 'year'
        and so_far.period_start_date = customer_value.period_start_date
        and customer_value.scope_type = 'company'
where
    customer_value.period_start_date is null
    or so_far.revenue_amount <> customer_value.revenue_to_date_amount
    or so_far.customers_count <> customer_value.customers_to_date_count
