-- EBITDA / net revenue
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        net_income_amount
        + (interest_expense_amount - interest_income_amount)
        + tax_amount
        + depreciation_amount
        + amortisation_amount as numerator,
        revenue_amount as denominator
    from {{ ref('metrics_finance__ledger_periodic') }}
    where scope_type = 'company'
)

select
    'ebitda_margin_ratio' as kpi_id,
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
