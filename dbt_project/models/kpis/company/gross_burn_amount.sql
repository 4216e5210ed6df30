-- cash paid out by operations and for investments / months
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        burn_paid_amount as numerator,
        months_count as denominator
    from {{ ref('metrics_finance__cash_periodic') }}
)

select
    'gross_burn_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
