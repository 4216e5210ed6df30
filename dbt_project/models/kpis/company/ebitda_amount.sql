-- net income + interest (paid less received) + tax + depreciation + amortisation
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
        + amortisation_amount as numerator
    from {{ ref('metrics_finance__ledger_periodic') }}
    where scope_type = 'company'
)

select
    'ebitda_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
