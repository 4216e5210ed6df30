-- net revenue of order lines with a salesperson / people who sold any of them in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_told,
        is_sellers_withheld as is_withheld,
        case when is_told and not is_sellers_withheld then salespeople_revenue_amount end as numerator,
        case when is_told and not is_sellers_withheld then salespeople_count end as denominator,
        salespeople_count
    from {{ ref('metrics_sales__salespeople_periodic') }}
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
    case
        when salespeople_count = 0 then 'no_data'
        when not is_told then 'incomplete_period'
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
