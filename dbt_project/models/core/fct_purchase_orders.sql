with orders as (
    select
        orders.purchase_order_id,
        orders.supplier_id,
        orders.ordered_date,
        orders.promised_date,
        -- a later day has not come yet, whatever the extract already says about it
        case when orders.received_date <= settings.as_of_date then orders.received_date end as received_date
    from {{ ref('stg_logistics__purchase_orders') }} as orders
    cross join {{ source('audit', 'run_settings') }} as settings
)

select
    orders.purchase_order_id,
    orders.supplier_id,
    coalesce(suppliers.supplier_name, 'unassigned') as supplier_name,
    orders.ordered_date,
    orders.promised_date,
    orders.received_date,
    {{ dbt.datediff('orders.ordered_date', 'orders.received_date', 'day') }} as lead_days
from orders
-- left, not inner: an order of an unregistered supplier still took its time
left join {{ ref('stg_logistics__suppliers') }} as suppliers on orders.supplier_id = suppliers.supplier_id
