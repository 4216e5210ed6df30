-- annualised cost of goods sold = cost * days in the year / days of the period that sales data covers
-- average inventory = sum of the stock days' inventory / number of stock days in the period
with windows as (
    select
        periods.period_grain,
        periods.period_start_date,
        {{ dbt.datediff('years.period_start_date', 'years.period_end_date', 'day') }} + 1 as days_in_year,
        case
            when
                coverage.covered_from <= periods.through_date
                and coverage.covered_to >= periods.period_start_date
                then {{ dbt.datediff(
                    'greatest(periods.period_start_date, coverage.covered_from)',
                    'least(periods.through_date, coverage.covered_to)',
                    'day'
                ) }} + 1
        end as covered_days
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_periods') }} as years
        on
            years.period_grain = 'year'
            and periods.period_start_date between years.period_start_date and years.period_end_date
    -- left, not inner: a company that feeds no sales still has an average inventory
    left join {{ ref('dim_coverage') }} as coverage on coverage.domain = 'sales'
),

-- Per source system, since one may report every day and another at month ends. The days are those
-- of the system, not of the category: a category without a row on a stock day had no stock then.
stock_days as (
    select
        periods.period_grain,
        periods.period_start_date,
        daily.source_system,
        cast(count(distinct daily.stock_date) as bigint) as stock_days_count
    from {{ ref('metrics_logistics__inventory_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.stock_date between periods.period_start_date and periods.through_date
    group by periods.period_grain, periods.period_start_date, daily.source_system
),

stock_sums as (
    select
        periods.period_grain,
        periods.period_start_date,
        daily.source_system,
        case
            when grouping(daily.product_category) = 0 then 'product_category'
            else 'company'
        end as scope_type,
        coalesce(daily.product_category, 'all') as scope_id,
        cast(sum(daily.inventory_amount) as decimal(38, 12)) as inventory_amount
    from {{ ref('metrics_logistics__inventory_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.stock_date between periods.period_start_date and periods.through_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date, daily.source_system),
        (periods.period_grain, periods.period_start_date, daily.source_system, daily.product_category)
    )
),

averages as (
    select
        stock_sums.period_grain,
        stock_sums.period_start_date,
        stock_sums.scope_type,
        stock_sums.scope_id,
        cast(
            sum(
                {{ safe_divide('stock_sums.inventory_amount', 'stock_days.stock_days_count') }}
            ) as decimal(38, 10)
        ) as average_inventory_amount
    from stock_sums
    inner join stock_days
        on
            stock_sums.period_grain = stock_days.period_grain
            and stock_sums.period_start_date = stock_days.period_start_date
            and stock_sums.source_system = stock_days.source_system
    group by stock_sums.period_grain, stock_sums.period_start_date, stock_sums.scope_type, stock_sums.scope_id
),

costs as (
    select
        averages.period_grain,
        averages.period_start_date,
        averages.scope_type,
        averages.scope_id,
        averages.average_inventory_amount,
        windows.days_in_year,
        windows.covered_days,
        -- stock that does not sell has cost of goods sold 0, where sales data speaks about the period
        case when windows.covered_days is not null then coalesce(sales.cost_amount, 0) end as cost_amount
    from averages
    inner join windows
        on
            averages.period_grain = windows.period_grain
            and averages.period_start_date = windows.period_start_date
    left join {{ ref('metrics_sales__order_lines_periodic') }} as sales
        on
            averages.period_grain = sales.period_grain
            and averages.period_start_date = sales.period_start_date
            and averages.scope_type = sales.scope_type
            and averages.scope_id = sales.scope_id
)

select
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    average_inventory_amount,
    cast(cost_amount as decimal(38, 4)) as cost_amount,
    cast(days_in_year as bigint) as days_in_year,
    cast(covered_days as bigint) as covered_days,
    {{ safe_divide('cost_amount * days_in_year', 'covered_days') }} as annualised_cost_amount
from costs
