-- cash at the last balance sheet of the period / net burn of the period
with kpi as (
    select
        balances.period_grain,
        balances.period_start_date,
        balances.scope_type,
        balances.scope_id,
        balances.cash_amount,
        cash.burn_paid_amount - cash.burn_received_amount as net_paid_amount,
        cash.months_count
    from {{ ref('metrics_finance__balances_periodic') }} as balances
    -- left, not inner: cash without any known payment must say no_data, not vanish
    left join {{ ref('metrics_finance__cash_periodic') }} as cash
        on
            balances.period_grain = cash.period_grain
            and balances.period_start_date = cash.period_start_date
            and balances.scope_type = cash.scope_type
            and balances.scope_id = cash.scope_id
)

select
    'runway_months' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(cash_amount as decimal(38, 10)) as numerator,
    {{ safe_divide('net_paid_amount', 'months_count') }} as denominator,
    -- from the sums, so that it is divided once
    case when net_paid_amount > 0 then {{ safe_divide('cash_amount * months_count', 'net_paid_amount') }} end
        as actual_value,
    case
        when net_paid_amount < 0 then 'negative_base'
        else {{ no_ratio_reason('cash_amount', 'net_paid_amount') }}
    end as no_value_reason
from kpi
