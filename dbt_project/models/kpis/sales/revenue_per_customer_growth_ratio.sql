-- (revenue per customer - revenue per customer same period last year) / revenue per customer same period last year
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_amount is not null and not is_last_year_covered as is_incomplete,
        -- a base of a few days is not given at all: whoever divided by it would get absurd growth
        case when is_last_year_covered then last_year_revenue_amount end as last_year_revenue_amount,
        case when is_last_year_covered then last_year_active_customers_count end as last_year_customers_count,
        revenue_amount,
        active_customers_count as customers_count
    from {{ ref('metrics_sales__active_customers_periodic') }}
    where scope_type <> 'product_category'
),

compared as (
    select
        *,
        {{ safe_divide('(revenue_amount * last_year_customers_count - last_year_revenue_amount * customers_count)',
                       '(customers_count * last_year_customers_count)') }} as numerator,
        {{ safe_divide('last_year_revenue_amount', 'last_year_customers_count') }} as denominator
    from kpi
)

select
    'revenue_per_customer_growth_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    numerator,
    denominator,
    -- one division from the four sums: the two above are rounded
    case
        when last_year_revenue_amount > 0
            then
                {{ safe_divide('(revenue_amount * last_year_customers_count - last_year_revenue_amount * customers_count)',
                               '(last_year_revenue_amount * customers_count)') }}
    end as actual_value,
    case
        when is_incomplete then 'incomplete_period'
        when revenue_amount is not null and last_year_revenue_amount < 0 then 'negative_base'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from compared
