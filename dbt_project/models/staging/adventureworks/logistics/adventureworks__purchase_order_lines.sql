-- Lines are numbered through the whole file; within its order a line is numbered here.
select
    cast(detail.purchaseorderid as varchar) as purchase_order_id,
    row_number() over (
        partition by detail.purchaseorderid
        order by detail.purchaseorderdetailid
    ) as line_number,
    product.productnumber as product_id,
    detail.orderqty as ordered_quantity,
    detail.receivedqty as received_quantity,
    detail.rejectedqty as rejected_quantity
from {{ source('adventureworks', 'purchase_order_detail') }} as detail
left join {{ source('adventureworks', 'production_product') }} as product
    on detail.productid = product.productid
