select
    order_lines.ordernr as order_id,
    order_lines.rad as line_number,
    order_lines.artikelnr as product_id,
    order_lines.antal as quantity,
    order_lines.antal * order_lines.pris - coalesce(order_lines.rabatt, 0) as net_amount,
    order_lines.antal * products.inkopspris as cost_amount,
    cast(null as varchar) as currency_code
from {{ source('kiosk', 'order_lines') }} as order_lines
inner join {{ source('kiosk', 'orders') }} as orders on order_lines.ordernr = orders.ordernr
-- left join: a line of an unknown article must fail the contract, not vanish
left join {{ source('kiosk', 'products') }} as products on order_lines.artikelnr = products.artikelnr
where not orders.makulerad
