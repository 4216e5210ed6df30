-- Received on the header's ship date, once anything came: docs/decisions/adventureworks-receipt-date.md.
with receipts as (
    select
        purchaseorderid,
        sum(receivedqty) as received_quantity
    from {{ source('adventureworks', 'purchase_order_detail') }}
    group by purchaseorderid
)

select
    cast(orders.purchaseorderid as varchar) as purchase_order_id,
    cast(orders.vendorid as varchar) as supplier_id,
    orders.orderdate as ordered_date,
    cast(null as date) as promised_date,
    case when receipts.received_quantity > 0 then orders.shipdate end as received_date
from {{ source('adventureworks', 'purchase_order_header') }} as orders
left join receipts on orders.purchaseorderid = receipts.purchaseorderid
