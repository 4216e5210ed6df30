-- tickets resolved in the period with a single contact / tickets resolved in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        first_contact_count as numerator,
        contacts_recorded_count as denominator
    from {{ ref('metrics_service__tickets_periodic') }}
    where contacts_recorded_count > 0
)

select
    'first_contact_resolution_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
