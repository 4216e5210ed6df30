-- the figure as it was measured elsewhere: numerator / denominator, or the value itself
with kpi as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        coalesce(numerator, value) as numerator,
        denominator,
        value,
        is_incomplete
    from {{ ref('metrics_observed__figures_periodic') }}
)

select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    -- parts that can be divided count before a value that was divided by somebody else
    case
        when denominator is not null then {{ safe_divide('numerator', 'denominator') }}
        else cast(coalesce(value, numerator) as decimal(38, 10))
    end as actual_value,
    case
        when is_incomplete then 'incomplete_period'
        when denominator = 0 then 'zero_base'
        when numerator is null then 'no_data'
    end as no_value_reason
from kpi
