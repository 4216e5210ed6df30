-- (gross profit of 12 months / customers active in them) / (customers lost in them / customers active the year before)
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_year_before_covered as is_covered,
        year_gross_profit_amount as gross_profit_amount,
        nullif(year_customers_count, 0) as customers_count,
        year_lost_customers_count as lost_count,
        year_before_customers_count as year_before_count
    from {{ ref('metrics_sales__customer_cohorts_periodic') }}
)

select
    'customer_lifetime_margin_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    case when is_covered then {{ safe_divide('gross_profit_amount', 'customers_count') }} end as numerator,
    case when is_covered then {{ safe_divide('lost_count', 'year_before_count') }} end as denominator,
    -- one division from the four sums: the two above are rounded
    case
        when is_covered
            then {{ safe_divide('(gross_profit_amount * year_before_count)', '(customers_count * lost_count)') }}
    end as actual_value,
    case
        when customers_count is null then 'no_data'
        when not is_covered then 'incomplete_period'
        -- without customers to lose, or without a loss, nobody can say how long one stays
        when year_before_count = 0 or lost_count = 0 then 'zero_base'
    end as no_value_reason
from kpi
