select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    numerator,
    denominator,
    value,
    observed_at,
    source
from {{ source('demo', 'observations') }}
