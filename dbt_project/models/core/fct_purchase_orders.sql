select
    orders.purchase_order_id,
    orders.supplier_id,
    coalesce(suppliers.supplier_name, 'unassigned') as supplier_name,
    orders.ordered_date,
    orders.received_date,
    {{ dbt.datediff('orders.ordered_date', 'orders.received_date', 'day') }} as lead_days
from {{ ref('stg_logistics__purchase_orders') }} as orders
-- left, not inner: an order of an unregistered supplier still took its time
left join {{ ref('stg_logistics__suppliers') }} as suppliers on orders.supplier_id = suppliers.supplier_id
