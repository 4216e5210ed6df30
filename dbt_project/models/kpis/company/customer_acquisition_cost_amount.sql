-- (marketing cost + sales cost) / customers whose first order falls in the period
with kpi as (
    select
        ledger.period_grain,
        ledger.period_start_date,
        ledger.scope_type,
        ledger.scope_id,
        ledger.marketing_cost_amount + ledger.sales_cost_amount as numerator,
        orders.new_customers_count as denominator
    from {{ ref('metrics_finance__ledger_periodic') }} as ledger
    -- left, not inner: costs of a period without any order data must say no_data, not vanish
    left join {{ ref('metrics_sales__orders_periodic') }} as orders
        on
            ledger.period_grain = orders.period_grain
            and ledger.period_start_date = orders.period_start_date
            and ledger.scope_type = orders.scope_type
            and ledger.scope_id = orders.scope_id
    where ledger.scope_type = 'company'
)

select
    'customer_acquisition_cost_amount' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
