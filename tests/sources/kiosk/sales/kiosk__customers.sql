select
    kundnr as customer_id,
    region,
    case typ when 'företag' then 'business' else 'consumer' end as customer_segment
from {{ source('kiosk', 'customers') }}
