select
    supplier_id,
    supplier_name
from {{ source('demo', 'suppliers') }}
