-- Every order, by what first brought its customer (docs/decisions/first-touch.md).
select
    orders.order_date,
    orders.region,
    coalesce(acquisition.channel, 'unassigned') as channel,
    coalesce(acquisition.campaign_id, 'unassigned') as campaign_id,
    cast(sum(orders.net_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(case when acquisition.is_marketing then orders.net_amount end) as decimal(38, 4))
        as marketing_revenue_amount,
    cast(sum(case when orders.is_first_order_of_customer then 1 else 0 end) as bigint) as new_customers_count
from {{ ref('fct_orders') }} as orders
-- left, not inner: customers whom no lead brought are part of the company too
left join {{ ref('fct_customer_acquisition') }} as acquisition on orders.customer_id = acquisition.customer_id
group by
    orders.order_date,
    orders.region,
    coalesce(acquisition.channel, 'unassigned'),
    coalesce(acquisition.campaign_id, 'unassigned')
