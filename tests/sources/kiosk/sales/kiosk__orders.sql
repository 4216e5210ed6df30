select
    orders.ordernr as order_id,
    orders.kundnr as customer_id,
    orders.datum as order_date,
    coalesce(customers.region, 'unassigned') as region,
    'store' as channel,
    cast(null as varchar) as salesperson_id
from {{ source('kiosk', 'orders') }} as orders
-- left join: a customer without an account buys too
left join {{ source('kiosk', 'customers') }} as customers on orders.kundnr = customers.kundnr
where not orders.makulerad
