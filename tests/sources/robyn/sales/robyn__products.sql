select
    'everything' as product_id,
    'Everything' as product_name,
    'unassigned' as product_category,
    cast(null as date) as launch_date
