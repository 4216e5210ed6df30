-- value of the opportunities open on the period's last known day, each times its chance of winning
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        weighted_pipeline_amount as numerator
    from {{ ref('metrics_sales__pipeline_periodic') }}
)

select
    'weighted_pipeline_value_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
