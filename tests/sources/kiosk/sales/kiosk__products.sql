select
    artikelnr as product_id,
    benamning as product_name,
    coalesce(grupp, 'unassigned') as product_category
from {{ source('kiosk', 'products') }}
