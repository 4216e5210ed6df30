select
    paid_date,
    region,
    customer_segment,
    customer_id,
    cast(count(*) as bigint) as paid_invoices_count,
    cast(sum(late_days) as bigint) as late_days_sum
from {{ ref('fct_invoices') }}
where
    paid_date is not null
    -- a credit note is settled, not paid: nobody is late with it
    and amount >= 0
group by paid_date, region, customer_segment, customer_id
