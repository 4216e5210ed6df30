-- net revenue of products in the 12 months from their launch / net revenue
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        new_product_revenue_amount as numerator,
        revenue_amount as denominator
    from {{ ref('metrics_sales__new_product_revenue_periodic') }}
)

select
    'new_product_revenue_share_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    case when denominator > 0 then {{ safe_divide('numerator', 'denominator') }} end as actual_value,
    case
        when numerator is not null and denominator < 0 then 'negative_base'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
