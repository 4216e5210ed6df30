-- The market of a period is the sum of the amounts that lie wholly inside it: an amount is never cut
-- to fit. The company is compared with the markets of all sized categories together, by what it
-- sells in those: docs/decisions/market-share.md
with categories as (
    select distinct product_category
    from {{ ref('fct_market_size') }}
),

markets as (
    select
        periods.period_grain,
        periods.period_start_date,
        categories.product_category,
        sum(market_size.market_amount) as market_amount,
        -- amounts of one category never overlap (assert_market_size__amounts_do_not_overlap), so
        -- that as many days as the period has are all its days
        coalesce(sum(market_size.days_count), 0)
        = max({{ dbt.datediff('periods.period_start_date', 'periods.through_date', 'day') }}) + 1 as is_market_covered
    from {{ ref('dim_periods') }} as periods
    cross join categories
    -- left, not inner: a category without an amount in the period makes the company's market incomplete
    left join {{ ref('fct_market_size') }} as market_size
        on
            categories.product_category = market_size.product_category
            and periods.period_start_date <= market_size.start_date
            and periods.through_date >= market_size.end_date
    where periods.period_grain in ('quarter', 'quarter_to_date', 'year', 'year_to_date')
    group by periods.period_grain, periods.period_start_date, categories.product_category
)

select
    markets.period_grain,
    markets.period_start_date,
    case when grouping(markets.product_category) = 0 then 'product_category' else 'company' end as scope_type,
    coalesce(markets.product_category, 'all') as scope_id,
    cast(sum(revenue.revenue_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(markets.market_amount) as decimal(38, 4)) as market_amount,
    min(case when markets.is_market_covered then 1 else 0 end) = 1 as is_market_covered
from markets
-- left, not inner: a market in which nothing was sold still belongs to the company's
left join {{ ref('metrics_sales__order_lines_periodic') }} as revenue
    on
        markets.period_grain = revenue.period_grain
        and markets.period_start_date = revenue.period_start_date
        and revenue.scope_type = 'product_category'
        and markets.product_category = revenue.scope_id
group by grouping sets (
    (markets.period_grain, markets.period_start_date),
    (markets.period_grain, markets.period_start_date, markets.product_category)
)
