-- Revenue beside the revenue of last year's like-for-like window, for every scope that has either.
with last_year as (
    select
        periods.period_grain,
        periods.period_start_date,
        case
            when grouping(daily.region) = 0 then 'region'
            when grouping(daily.channel) = 0 then 'channel'
            when grouping(daily.product_category) = 0 then 'product_category'
            when grouping(daily.customer_segment) = 0 then 'customer_segment'
            else 'company'
        end as scope_type,
        coalesce(daily.region, daily.channel, daily.product_category, daily.customer_segment, 'all') as scope_id,
        cast(sum(daily.revenue_amount) as decimal(38, 4)) as revenue_amount
    from {{ ref('metrics_sales__order_lines_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.order_date between periods.last_year_start_date and periods.last_year_through_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.region),
        (periods.period_grain, periods.period_start_date, daily.channel),
        (periods.period_grain, periods.period_start_date, daily.product_category),
        (periods.period_grain, periods.period_start_date, daily.customer_segment)
    )
),

both_years as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_amount,
        cast(null as decimal(38, 4)) as last_year_revenue_amount
    from {{ ref('metrics_sales__order_lines_periodic') }}
    -- people change their districts: one's growth over a year says little about the person
    where scope_type <> 'employee'
    union all
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        cast(null as decimal(38, 4)) as revenue_amount,
        revenue_amount as last_year_revenue_amount
    from last_year
),

scopes as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        cast(sum(revenue_amount) as decimal(38, 4)) as revenue_amount,
        cast(sum(last_year_revenue_amount) as decimal(38, 4)) as last_year_revenue_amount
    from both_years
    group by period_grain, period_start_date, scope_type, scope_id
)

select
    scopes.period_grain,
    scopes.period_start_date,
    scopes.scope_type,
    scopes.scope_id,
    -- NULL where there are no lines: no source data is no data, as in revenue_amount itself
    scopes.revenue_amount,
    scopes.last_year_revenue_amount,
    coalesce(
        coverage.covered_from <= periods.last_year_start_date
        and coverage.covered_to >= periods.last_year_through_date,
        false
    ) as is_last_year_covered
from scopes
inner join {{ ref('dim_periods') }} as periods
    on
        scopes.period_grain = periods.period_grain
        and scopes.period_start_date = periods.period_start_date
-- left, not inner: without a known span nothing counts as covered, and the rows say so
left join {{ ref('dim_coverage') }} as coverage on coverage.domain = 'sales'
