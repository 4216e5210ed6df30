select
    invoice_id,
    customer_id,
    invoice_date,
    due_date,
    amount,
    paid_date
from {{ source('demo', 'receivables') }}
