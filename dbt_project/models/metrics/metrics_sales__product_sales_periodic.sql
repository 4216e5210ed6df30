-- From the month up, for price, volume and mix: what was sold of each product, to last year's same day too.
-- Summed by day first, so that the join to the periods meets few rows.
with daily as (
    select
        order_date,
        product_id,
        sum(quantity) as units_quantity,
        sum(net_amount) as revenue_amount,
        sum(cost_amount) as cost_amount
    from {{ ref('fct_order_lines') }}
    group by order_date, product_id
)

select
    periods.period_grain,
    periods.period_start_date,
    coalesce(daily.product_id, 'unassigned') as product_id,
    cast(sum(daily.units_quantity) as decimal(38, 4)) as units_quantity,
    cast(sum(daily.revenue_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(daily.cost_amount) as decimal(38, 4)) as cost_amount
from daily
inner join {{ ref('dim_periods') }} as periods
    on daily.order_date between periods.period_start_date and periods.through_date
where periods.period_grain not in ('day', 'week', 'week_to_date')
group by periods.period_grain, periods.period_start_date, coalesce(daily.product_id, 'unassigned')
