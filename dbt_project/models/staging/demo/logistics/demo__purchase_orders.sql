select
    purchase_order_id,
    supplier_id,
    ordered_date,
    promised_date,
    received_date
from {{ source('demo', 'purchase_orders') }}
