select
    artikelnr as product_id,
    benamning as product_name,
    coalesce(grupp, 'unassigned') as product_category,
    cast(null as date) as launch_date
from {{ source('kiosk', 'products') }}
