-- customers of the 12 months before the period who placed an order in the 12 months to its end / all of them
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        not is_period_start_covered as is_incomplete,
        case when is_period_start_covered then period_start_customers_count - period_lost_customers_count end as numerator,
        case when is_period_start_covered then period_start_customers_count end as denominator
    from {{ ref('metrics_sales__customer_cohorts_periodic') }}
)

select
    'customer_retention_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    case
        when is_incomplete then 'incomplete_period'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
