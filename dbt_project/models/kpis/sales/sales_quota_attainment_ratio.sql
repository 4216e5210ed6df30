-- net revenue of the people who have a quota / the sum of their quotas
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_incomplete,
        -- half a year's sums are not given either: whoever divided them would get half a result
        case when not is_incomplete then quota_holder_revenue_amount end as numerator,
        case when not is_incomplete then quota_amount end as denominator
    from {{ ref('metrics_sales__quotas_periodic') }}
)

select
    'sales_quota_attainment_ratio' as kpi_id,
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
