-- net revenue / average headcount
with kpi as (
    select
        sales.period_grain,
        sales.period_start_date,
        sales.scope_type,
        sales.scope_id,
        sales.revenue_amount as numerator,
        headcount.person_days_count,
        headcount.days_count
    from {{ ref('metrics_sales__order_lines_periodic') }} as sales
    -- inner: without a staff list there is nothing to divide by
    inner join {{ ref('metrics_hr__headcount_periodic') }} as headcount
        on
            sales.period_grain = headcount.period_grain
            and sales.period_start_date = headcount.period_start_date
            and sales.scope_type = headcount.scope_type
            and sales.scope_id = headcount.scope_id
    where sales.scope_type = 'company'
)

select
    'revenue_per_employee_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    {{ safe_divide('person_days_count', 'days_count') }} as denominator,
    {{ safe_divide('(numerator * days_count)', 'person_days_count') }} as actual_value,
    {{ no_ratio_reason('numerator', 'person_days_count') }} as no_value_reason
from kpi
