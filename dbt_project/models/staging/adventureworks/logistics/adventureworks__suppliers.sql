select
    cast(businessentityid as varchar) as supplier_id,
    name as supplier_name
from {{ source('adventureworks', 'vendor') }}
