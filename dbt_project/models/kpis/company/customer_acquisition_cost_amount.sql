-- (marketing cost + sales cost) / customers whose first order falls in the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_incomplete,
        case when not is_incomplete then acquisition_cost_amount end as numerator,
        case when not is_incomplete then new_customers_count end as denominator
    from {{ ref('metrics_marketing__acquisition_costs_periodic') }}
)

select
    'customer_acquisition_cost_amount' as kpi_id,
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
