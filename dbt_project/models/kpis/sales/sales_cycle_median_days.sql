-- median of the days from first contact to the close, of the deals won in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        median_days as numerator
    from {{ ref('metrics_sales__sales_cycle_medians_periodic') }}
)

select
    'sales_cycle_median_days' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
