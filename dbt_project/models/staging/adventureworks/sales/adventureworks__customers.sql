-- Persons who buy on the web and resellers number from different series, so the ids carry the channel.
with places as (
    select
        towns.geographykey,
        nullif(sales_territory.salesterritoryregion, 'NA') as region
    from {{ source('adventureworks', 'geography') }} as towns
    inner join {{ source('adventureworks', 'sales_territory') }} as sales_territory
        on towns.salesterritorykey = sales_territory.salesterritorykey
)

select
    'internet-' || cast(customer.customerkey as varchar) as customer_id,
    places.region,
    'retail' as customer_segment
from {{ source('adventureworks', 'customer') }} as customer
left join places on customer.geographykey = places.geographykey
union all
select
    'reseller-' || cast(reseller.resellerkey as varchar) as customer_id,
    places.region,
    'reseller' as customer_segment
from {{ source('adventureworks', 'reseller') }} as reseller
left join places on reseller.geographykey = places.geographykey
