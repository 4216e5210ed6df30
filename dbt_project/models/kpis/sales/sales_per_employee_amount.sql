-- net revenue of order lines with a salesperson / people who sold any of them in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        salespeople_revenue_amount as numerator,
        salespeople_count as denominator
    from {{ ref('metrics_sales__order_lines_periodic') }}
    -- people sell across categories and segments: whoever sold one bike is no bike seller
    where scope_type in ('company', 'region', 'channel')
)

select
    'sales_per_employee_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
