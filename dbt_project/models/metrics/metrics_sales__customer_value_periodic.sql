-- Everything ever sold, and everybody who ever bought, at the end of the period. Both only grow by
-- what is new on a day, so they are running totals over the days, not a count per period.
with orders as (
    select
        order_date,
        region,
        channel,
        customer_segment,
        net_amount,
        is_first_order_of_customer,
        -- the order id only settles which of several orders on one day is the first
        row_number() over (partition by customer_id, region order by order_date, order_id) = 1 as is_first_in_region,
        row_number() over (partition by customer_id, channel order by order_date, order_id) = 1 as is_first_in_channel
    from {{ ref('fct_orders') }}
),

daily as (
    select
        order_date,
        case
            when grouping(region) = 0 then 'region'
            when grouping(channel) = 0 then 'channel'
            when grouping(customer_segment) = 0 then 'customer_segment'
            else 'company'
        end as scope_type,
        coalesce(region, channel, customer_segment, 'all') as scope_id,
        sum(net_amount) as revenue_amount,
        case
            when grouping(region) = 0 then sum(case when is_first_in_region then 1 else 0 end)
            when grouping(channel) = 0 then sum(case when is_first_in_channel then 1 else 0 end)
            -- a customer has one segment
            else sum(case when is_first_order_of_customer then 1 else 0 end)
        end as first_customers_count
    from orders
    group by grouping sets (
        (order_date),
        (order_date, region),
        (order_date, channel),
        (order_date, customer_segment)
    )
),

running as (
    select
        order_date,
        scope_type,
        scope_id,
        lead(order_date) over (partition by scope_type, scope_id order by order_date) as superseded_date,
        sum(revenue_amount) over (
            partition by scope_type, scope_id
            order by order_date
            rows between unbounded preceding and current row
        ) as revenue_to_date_amount,
        sum(first_customers_count) over (
            partition by scope_type, scope_id
            order by order_date
            rows between unbounded preceding and current row
        ) as customers_to_date_count
    from daily
)

select
    periods.period_grain,
    periods.period_start_date,
    running.scope_type,
    running.scope_id,
    cast(running.revenue_to_date_amount as decimal(38, 4)) as revenue_to_date_amount,
    cast(running.customers_to_date_count as bigint) as customers_to_date_count
from running
-- one row of a scope holds on a day: the last one on or before it
inner join {{ ref('dim_periods') }} as periods
    on
        running.order_date <= periods.through_date
        and (running.superseded_date > periods.through_date or running.superseded_date is null)
where periods.period_grain not in ('day', 'week', 'week_to_date')
