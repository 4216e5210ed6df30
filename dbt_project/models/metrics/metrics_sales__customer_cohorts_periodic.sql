-- Who is a customer and who was lost, by docs/decisions/customers.md. Every count asks the same thing:
-- of how many customers does the latest order up to a day (seen_on) lie in (after_date, until_date]?
-- An order day beside the customer's next one answers it, so a customer meets a window once at most.
with order_days as (
    select
        customer_id,
        customer_segment,
        order_date,
        lead(order_date) over (partition by customer_id order by order_date) as next_order_date
    from {{ ref('fct_orders') }}
    group by customer_id, customer_segment, order_date
),

profit_days as (
    select
        order_date,
        customer_segment,
        sum(net_amount - cost_amount) as gross_profit_amount
    from {{ ref('fct_orders') }}
    group by order_date, customer_segment
),

periods as (
    select
        period_grain,
        period_start_date,
        through_date,
        cast({{ dbt.dateadd('month', -12, 'through_date') }} as date) as year_before_date,
        cast({{ dbt.dateadd('month', -24, 'through_date') }} as date) as two_years_before_date,
        cast({{ dbt.dateadd('day', -1, 'period_start_date') }} as date) as day_before_start_date,
        cast({{ dbt.dateadd('month', -12, dbt.dateadd('day', -1, 'period_start_date')) }} as date)
            as year_before_start_date
    from {{ ref('dim_periods') }}
    where period_grain not in ('day', 'week', 'week_to_date')
),

windows as (
    select
        'period_start' as measure,
        period_grain,
        period_start_date,
        year_before_start_date as after_date,
        day_before_start_date as until_date,
        day_before_start_date as seen_on
    from periods
    union all
    -- of those: nothing in the 12 months to the period's end
    select
        'period_lost' as measure,
        period_grain,
        period_start_date,
        year_before_start_date as after_date,
        year_before_date as until_date,
        through_date as seen_on
    from periods
    union all
    select
        'year' as measure,
        period_grain,
        period_start_date,
        year_before_date as after_date,
        through_date as until_date,
        through_date as seen_on
    from periods
    union all
    select
        'year_before' as measure,
        period_grain,
        period_start_date,
        two_years_before_date as after_date,
        year_before_date as until_date,
        year_before_date as seen_on
    from periods
    union all
    -- of those: nothing in the 12 months since
    select
        'year_lost' as measure,
        period_grain,
        period_start_date,
        two_years_before_date as after_date,
        year_before_date as until_date,
        through_date as seen_on
    from periods
),

counted as (
    select
        windows.period_grain,
        windows.period_start_date,
        order_days.customer_segment,
        windows.measure,
        count(*) as customers_count,
        cast(0 as decimal(38, 4)) as gross_profit_amount
    from order_days
    inner join windows
        on
            order_days.order_date > windows.after_date
            and order_days.order_date <= windows.until_date
            and (order_days.next_order_date > windows.seen_on or order_days.next_order_date is null)
    group by windows.period_grain, windows.period_start_date, order_days.customer_segment, windows.measure
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        profit_days.customer_segment,
        'gross_profit' as measure,
        0 as customers_count,
        sum(profit_days.gross_profit_amount) as gross_profit_amount
    from profit_days
    inner join periods
        on
            profit_days.order_date > periods.year_before_date
            and profit_days.order_date <= periods.through_date
    group by periods.period_grain, periods.period_start_date, profit_days.customer_segment
),

summed as (
    select
        period_grain,
        period_start_date,
        case when grouping(customer_segment) = 0 then 'customer_segment' else 'company' end as scope_type,
        coalesce(customer_segment, 'all') as scope_id,
        sum(case when measure = 'period_start' then customers_count else 0 end) as period_start_customers_count,
        sum(case when measure = 'period_lost' then customers_count else 0 end) as period_lost_customers_count,
        sum(case when measure = 'year' then customers_count else 0 end) as year_customers_count,
        sum(gross_profit_amount) as year_gross_profit_amount,
        sum(case when measure = 'year_before' then customers_count else 0 end) as year_before_customers_count,
        sum(case when measure = 'year_lost' then customers_count else 0 end) as year_lost_customers_count
    from counted
    group by grouping sets (
        (period_grain, period_start_date),
        (period_grain, period_start_date, customer_segment)
    )
)

select
    summed.period_grain,
    summed.period_start_date,
    summed.scope_type,
    summed.scope_id,
    cast(summed.period_start_customers_count as bigint) as period_start_customers_count,
    cast(summed.period_lost_customers_count as bigint) as period_lost_customers_count,
    cast(summed.year_customers_count as bigint) as year_customers_count,
    cast(summed.year_gross_profit_amount as decimal(38, 4)) as year_gross_profit_amount,
    cast(summed.year_before_customers_count as bigint) as year_before_customers_count,
    cast(summed.year_lost_customers_count as bigint) as year_lost_customers_count,
    -- a window without its first days knows too few customers
    coalesce(
        coverage.covered_from <= {{ dbt.dateadd('day', 1, 'periods.year_before_start_date') }},
        false
    ) as is_period_start_covered,
    coalesce(
        coverage.covered_from <= {{ dbt.dateadd('day', 1, 'periods.two_years_before_date') }},
        false
    ) as is_year_before_covered
from summed
inner join periods
    on
        summed.period_grain = periods.period_grain
        and summed.period_start_date = periods.period_start_date
-- left, not inner: without a known span nothing counts as covered, and the rows say so
left join {{ ref('dim_coverage') }} as coverage on coverage.domain = 'sales'
