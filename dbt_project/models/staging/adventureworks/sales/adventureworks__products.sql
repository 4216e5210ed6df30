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
    versions.productalternatekey as product_id,
    versions.englishproductname as product_name,
    coalesce(versions.englishproductcategoryname, versions.any_category_name, 'unassigned') as product_category,
    -- by the sales clock, which runs 153 days behind: docs/decisions/adventureworks-launch-date.md
    case
        when production_product.finishedgoodsflag
            then cast({{ dbt.dateadd('day', -153, 'production_product.sellstartdate') }} as date)
    end as launch_date
from versions
-- left, not inner: a product that the OLTP system does not know is a product all the same
left join {{ source('adventureworks', 'production_product') }} as production_product
    on versions.productalternatekey = production_product.productnumber
where versions.preference = 1
