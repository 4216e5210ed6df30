select
    invoices.invoice_id,
    invoices.customer_id,
    coalesce(customers.region, 'unassigned') as region,
    coalesce(customers.customer_segment, 'unassigned') as customer_segment,
    invoices.invoice_date,
    invoices.due_date,
    invoices.paid_date,
    {{ dbt.datediff('invoices.due_date', 'invoices.paid_date', 'day') }} as late_days,
    invoices.amount
from {{ ref('stg_finance__invoices') }} as invoices
-- left, not inner: an invoice is paid late also where the customer's record is missing
left join {{ ref('stg_sales__customers') }} as customers on invoices.customer_id = customers.customer_id
