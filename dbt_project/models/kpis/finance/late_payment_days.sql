-- mean of (paid date - due date) over the invoices paid in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        late_days_sum as numerator,
        paid_invoices_count as denominator
    from {{ ref('metrics_finance__invoices_periodic') }}
)

select
    'late_payment_days' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
