-- Every purchase order has exactly one supplier, so in every period they sum to the company.
with sums as (
    select
        period_grain,
        period_start_date,
        scope_type,
        sum(purchase_orders_count) as purchase_orders_count,
        coalesce(sum(ordered_quantity), 0) as ordered_quantity,
        coalesce(sum(received_quantity), 0) as received_quantity,
        sum(promised_count) as promised_count,
        coalesce(sum(on_time_count), 0) as on_time_count
    from {{ ref('metrics_logistics__purchases_periodic') }}
    group by period_grain, period_start_date, scope_type
)

select
    company.period_grain,
    company.period_start_date
from sums as company
inner join sums as suppliers
    on
        company.period_grain = suppliers.period_grain
        and company.period_start_date = suppliers.period_start_date
        and suppliers.scope_type = 'supplier'
where
    company.scope_type = 'company'
    and (
        company.purchase_orders_count <> suppliers.purchase_orders_count
        or company.ordered_quantity <> suppliers.ordered_quantity
        or company.received_quantity <> suppliers.received_quantity
        or company.promised_count <> suppliers.promised_count
        or company.on_time_count <> suppliers.on_time_count
    )
