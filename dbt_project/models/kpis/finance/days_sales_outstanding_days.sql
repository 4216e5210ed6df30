-- receivables at the last balance sheet of the period / net revenue of the period * days of the period
with kpi as (
    select
        balances.period_grain,
        balances.period_start_date,
        balances.scope_type,
        balances.scope_id,
        balances.receivables_amount
        * ({{ dbt.datediff('periods.period_start_date', 'periods.through_date', 'day') }} + 1) as numerator,
        ledger.revenue_amount as denominator
    from {{ ref('metrics_finance__balances_periodic') }} as balances
    inner join {{ ref('dim_periods') }} as periods
        on
            balances.period_grain = periods.period_grain
            and balances.period_start_date = periods.period_start_date
    -- left, not inner: receivables without a ledger must say no_data, not vanish
    left join {{ ref('metrics_finance__ledger_periodic') }} as ledger
        on
            balances.period_grain = ledger.period_grain
            and balances.period_start_date = ledger.period_start_date
            and balances.scope_type = ledger.scope_type
            and balances.scope_id = ledger.scope_id
)

select
    'days_sales_outstanding_days' as kpi_id,
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
