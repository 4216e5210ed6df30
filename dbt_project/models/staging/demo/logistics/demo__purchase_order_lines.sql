select
    purchase_order_id,
    line_number,
    product_id,
    ordered_quantity,
    received_quantity,
    rejected_quantity
from {{ source('demo', 'purchase_order_lines') }}
