-- Both files repeat the order's own columns on each line; that they agree within an order, and
-- that the two files share no order number, is held by the suites on the raw tables.
with lines as (
    select
        salesordernumber,
        'internet-' || cast(customerkey as varchar) as customer_id,
        orderdate,
        salesterritorykey,
        'internet' as channel,
        cast(null as varchar) as salesperson_id
    from {{ source('adventureworks', 'internet_sales') }}
    union all
    select
        salesordernumber,
        'reseller-' || cast(resellerkey as varchar) as customer_id,
        orderdate,
        salesterritorykey,
        'reseller' as channel,
        -- the warehouse's own employee numbers, as in the quotas; the personnel system numbers otherwise
        'dw-' || cast(employeekey as varchar) as salesperson_id
    from {{ source('adventureworks', 'reseller_sales') }}
)

select distinct
    lines.salesordernumber as order_id,
    lines.customer_id,
    lines.orderdate as order_date,
    coalesce(nullif(sales_territory.salesterritoryregion, 'NA'), 'unassigned') as region,
    lines.channel,
    lines.salesperson_id
from lines
left join {{ source('adventureworks', 'sales_territory') }} as sales_territory
    on lines.salesterritorykey = sales_territory.salesterritorykey
