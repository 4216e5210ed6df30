-- The file holds 606 versions of 504 products. Name and category are those of the current
-- version; the 98 products without one (no longer sold) show their newest version. Start dates of
-- old versions lie after their end dates, so the newest is the one with the highest key.
with versions as (
    select
        product.productalternatekey,
        product.englishproductname,
        product_category.englishproductcategoryname,
        row_number() over (
            partition by product.productalternatekey
            order by
                case when product.status = 'Current' then 0 else 1 end asc,
                product.productkey desc
        ) as preference,
        -- where the shown version has no category, another one may
        max(product_category.englishproductcategoryname) over (
            partition by product.productalternatekey
        ) as any_category_name
    from {{ source('adventureworks', 'product') }} as product
    left join {{ source('adventureworks', 'product_subcategory') }} as product_subcategory
        on product.productsubcategorykey = product_subcategory.productsubcategorykey
    left join {{ source('adventureworks', 'product_category') }} as product_category
        on product_subcategory.productcategorykey = product_category.productcategorykey
)

select
    productalternatekey as product_id,
    englishproductname as product_name,
    coalesce(englishproductcategoryname, any_category_name, 'unassigned') as product_category,
    cast(null as date) as launch_date
from versions
where preference = 1
