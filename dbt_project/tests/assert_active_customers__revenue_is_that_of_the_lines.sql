{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__active_customers_periodic'}}}) }}
-- What the customers of a period bought is the revenue of the period, in every scope, to the cent.
select
    customers.period_grain,
    customers.period_start_date,
    customers.scope_type,
    customers.scope_id,
    customers.revenue_amount,
    lines.revenue_amount as order_lines_revenue_amount
from {{ ref('metrics_sales__active_customers_periodic') }} as customers
inner join {{ ref('metrics_sales__order_lines_periodic') }} as lines
    on
        customers.period_grain = lines.period_grain
        and customers.period_start_date = lines.period_start_date
        and customers.scope_type = lines.scope_type
        and customers.scope_id = lines.scope_id
where customers.revenue_amount <> lines.revenue_amount
