{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__active_customers_periodic'}}}) }}
-- The model counts customers without count(distinct); in every year and place it must come to the same.
with distinct_buyers as (
    select
        periods.period_start_date,
        orders.region,
        count(distinct orders.customer_id) as active_customers_count
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_periods') }} as periods
        on
            periods.period_grain = 'year'
            and orders.order_date between periods.period_start_date and periods.through_date
    group by periods.period_start_date, orders.region
),

counted as (
    select
        period_start_date,
        scope_id as region,
        active_customers_count
    from {{ ref('metrics_sales__active_customers_periodic') }}
    where period_grain = 'year' and scope_type = 'region' and active_customers_count is not null
)

select
    distinct_buyers.period_start_date,
    distinct_buyers.region,
    distinct_buyers.active_customers_count as distinct_buyers_count,
    counted.active_customers_count
from distinct_buyers
full outer join counted
    on
        distinct_buyers.period_start_date = counted.period_start_date
        and distinct_buyers.region = counted.region
where
    distinct_buyers.region is null
    or counted.region is null
    or distinct_buyers.active_customers_count <> counted.active_customers_count
