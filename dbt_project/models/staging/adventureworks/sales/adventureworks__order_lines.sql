with lines as (
    select
        salesordernumber,
        salesorderlinenumber,
        productkey,
        orderquantity,
        salesamount,
        totalproductcost
    from {{ source('adventureworks', 'internet_sales') }}
    union all
    select
        salesordernumber,
        salesorderlinenumber,
        productkey,
        orderquantity,
        salesamount,
        totalproductcost
    from {{ source('adventureworks', 'reseller_sales') }}
)

select
    lines.salesordernumber as order_id,
    lines.salesorderlinenumber as line_number,
    product.productalternatekey as product_id,
    lines.orderquantity as quantity,
    lines.salesamount as net_amount,
    lines.totalproductcost as cost_amount,
    -- amounts are dollars in every row, whatever currency the customer paid in
    cast(null as varchar) as currency_code
from lines
-- left, not inner: a line without its product must fail the contract, not vanish from revenue
left join {{ source('adventureworks', 'product') }} as product on lines.productkey = product.productkey
