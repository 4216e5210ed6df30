-- Received on the header's ship date, once anything came: docs/decisions/adventureworks-receipt-date.md.
-- Promised for the first day on which a line is due: docs/decisions/adventureworks-purchase-promise.md.
with lines as (
    select
        detail.purchaseorderid,
        sum(detail.receivedqty) as received_quantity,
        -- seven lines are due before they were ordered, which nobody can have promised
        min(case when detail.duedate >= orders.orderdate then detail.duedate end) as promised_date
    from {{ source('adventureworks', 'purchase_order_detail') }} as detail
    inner join {{ source('adventureworks', 'purchase_order_header') }} as orders
        on detail.purchaseorderid = orders.purchaseorderid
    group by detail.purchaseorderid
)

select
    cast(orders.purchaseorderid as varchar) as purchase_order_id,
    cast(orders.vendorid as varchar) as supplier_id,
    orders.orderdate as ordered_date,
    lines.promised_date,
    case when lines.received_quantity > 0 then orders.shipdate end as received_date
from {{ source('adventureworks', 'purchase_order_header') }} as orders
left join lines on orders.purchaseorderid = lines.purchaseorderid
