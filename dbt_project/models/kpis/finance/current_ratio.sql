-- current assets / current liabilities, at the last balance sheet of the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        current_assets_amount as numerator,
        current_liabilities_amount as denominator
    from {{ ref('metrics_finance__balances_periodic') }}
)

select
    'current_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    case when denominator > 0 then {{ safe_divide('numerator', 'denominator') }} end as actual_value,
    case
        when denominator < 0 then 'negative_base'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
