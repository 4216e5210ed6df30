-- (revenue - revenue same period last year) / revenue same period last year
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_amount is not null and not is_last_year_covered as is_incomplete,
        -- a base of a few days is not given at all: whoever divided by it would get absurd growth
        case when is_last_year_covered then revenue_amount - last_year_revenue_amount end as numerator,
        case when is_last_year_covered then last_year_revenue_amount end as denominator
    from {{ ref('metrics_sales__revenue_growth_periodic') }}
)

select
    'revenue_growth_ratio' as kpi_id,
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
