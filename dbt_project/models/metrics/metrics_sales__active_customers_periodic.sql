-- A customer who buys in several weeks or places is one customer, so nothing here rolls up from
-- days. An order counts its customer in a window and scope if the customer's order before it, in
-- the same scope, lies before the window: count(distinct customer_id) at the price of a sum.
with windows as (
    select
        period_grain,
        period_start_date,
        false as is_last_year,
        period_start_date as from_date,
        through_date
    from {{ ref('dim_periods') }}
    where period_grain <> 'day'
    union all
    select
        period_grain,
        period_start_date,
        true as is_last_year,
        last_year_start_date as from_date,
        last_year_through_date as through_date
    from {{ ref('dim_periods') }}
    where period_grain not in ('day', 'week', 'week_to_date')
),

-- one row per window and day of it: orders then meet their windows by an equal day, which is many
-- times faster than by a range
window_days as (
    select
        windows.period_grain,
        windows.period_start_date,
        windows.is_last_year,
        windows.from_date,
        dates.calendar_date
    from windows
    inner join {{ ref('dim_dates') }} as dates
        on dates.calendar_date between windows.from_date and windows.through_date
),

orders as (
    select
        order_date,
        region,
        channel,
        customer_segment,
        net_amount,
        lag(order_date) over (partition by customer_id order by order_date) as previous_date,
        lag(order_date) over (partition by customer_id, region order by order_date) as previous_date_in_region,
        lag(order_date) over (partition by customer_id, channel order by order_date) as previous_date_in_channel
    from {{ ref('fct_orders') }}
),

-- an order spans categories, so these are counted from its lines
category_days as (
    select
        order_date,
        product_category,
        sum(net_amount) as net_amount,
        lag(order_date) over (partition by customer_id, product_category order by order_date)
            as previous_date_in_category
    from {{ ref('fct_order_lines') }}
    group by order_date, customer_id, product_category
),

counted as (
    select
        days.period_grain,
        days.period_start_date,
        days.is_last_year,
        case
            when grouping(orders.region) = 0 then 'region'
            when grouping(orders.channel) = 0 then 'channel'
            when grouping(orders.customer_segment) = 0 then 'customer_segment'
            else 'company'
        end as scope_type,
        coalesce(orders.region, orders.channel, orders.customer_segment, 'all') as scope_id,
        case
            when grouping(orders.region) = 0
                then sum(case when orders.previous_date_in_region >= days.from_date then 0 else 1 end)
            when grouping(orders.channel) = 0
                then sum(case when orders.previous_date_in_channel >= days.from_date then 0 else 1 end)
            -- a customer has one segment
            else sum(case when orders.previous_date >= days.from_date then 0 else 1 end)
        end as customers_count,
        sum(orders.net_amount) as revenue_amount
    from orders
    inner join window_days as days on orders.order_date = days.calendar_date
    group by grouping sets (
        (days.period_grain, days.period_start_date, days.is_last_year),
        (days.period_grain, days.period_start_date, days.is_last_year, orders.region),
        (days.period_grain, days.period_start_date, days.is_last_year, orders.channel),
        (days.period_grain, days.period_start_date, days.is_last_year, orders.customer_segment)
    )
),

counted_in_categories as (
    select
        days.period_grain,
        days.period_start_date,
        days.is_last_year,
        'product_category' as scope_type,
        category_days.product_category as scope_id,
        sum(case when category_days.previous_date_in_category >= days.from_date then 0 else 1 end)
            as customers_count,
        sum(category_days.net_amount) as revenue_amount
    from category_days
    inner join window_days as days on category_days.order_date = days.calendar_date
    group by
        days.period_grain,
        days.period_start_date,
        days.is_last_year,
        category_days.product_category
),

every_scope as (
    select * from counted
    union all
    select * from counted_in_categories
),

both_years as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        sum(case when not is_last_year then customers_count end) as active_customers_count,
        sum(case when not is_last_year then revenue_amount end) as revenue_amount,
        sum(case when is_last_year then customers_count end) as last_year_active_customers_count,
        sum(case when is_last_year then revenue_amount end) as last_year_revenue_amount
    from every_scope
    group by period_grain, period_start_date, scope_type, scope_id
)

select
    both_years.period_grain,
    both_years.period_start_date,
    both_years.scope_type,
    both_years.scope_id,
    -- NULL where there are no orders: no source data is no data, as in revenue_amount itself
    cast(both_years.active_customers_count as bigint) as active_customers_count,
    cast(both_years.revenue_amount as decimal(38, 4)) as revenue_amount,
    cast(both_years.last_year_active_customers_count as bigint) as last_year_active_customers_count,
    cast(both_years.last_year_revenue_amount as decimal(38, 4)) as last_year_revenue_amount,
    coalesce(
        coverage.covered_from <= periods.last_year_start_date
        and coverage.covered_to >= periods.last_year_through_date,
        false
    ) as is_last_year_covered
from both_years
inner join {{ ref('dim_periods') }} as periods
    on
        both_years.period_grain = periods.period_grain
        and both_years.period_start_date = periods.period_start_date
-- left, not inner: without a known span nothing counts as covered, and the rows say so
left join {{ ref('dim_coverage') }} as coverage on coverage.domain = 'sales'
