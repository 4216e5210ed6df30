-- net revenue / what all suppliers sold in the same categories
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        not is_market_covered as is_incomplete,
        -- a part of the market is not given at all: whoever divided by it would get too large a share
        case when is_market_covered then revenue_amount end as numerator,
        case when is_market_covered then market_amount end as denominator
    from {{ ref('metrics_marketing__market_share_periodic') }}
)

select
    'market_share_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    case when denominator > 0 then {{ safe_divide('numerator', 'denominator') }} end as actual_value,
    case
        when is_incomplete then 'incomplete_period'
        when numerator is not null and denominator < 0 then 'negative_base'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
