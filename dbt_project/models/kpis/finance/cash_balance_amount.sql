-- cash, at the last balance sheet of the period
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        cash_amount as numerator
    from {{ ref('metrics_finance__balances_periodic') }}
)

select
    'cash_balance_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(numerator as decimal(38, 10)) as actual_value,
    case when numerator is null then 'no_data' end as no_value_reason
from kpi
