-- What campaigns cost and showed, the leads that marketing brought, and what the customers that campaigns
-- brought have bought: three kinds of events on their own days.
with events as (
    select
        activity_date as event_date,
        campaign_id,
        channel,
        1 as campaign_days_count,
        cost_amount as advertising_cost_amount,
        clicks_count,
        -- a share needs both: clicks of a day without impressions would make it look better than it was
        case when impressions_count is not null then clicks_count end as click_through_clicks_count,
        case when clicks_count is not null then impressions_count end as click_through_impressions_count,
        0 as marketing_leads_count,
        0 as acquired_orders_count,
        0 as acquired_revenue_amount,
        0 as acquired_gross_profit_amount
    from {{ ref('fct_campaign_days') }}
    union all
    select
        created_date as event_date,
        coalesce(campaign_id, 'unassigned') as campaign_id,
        channel,
        0 as campaign_days_count,
        0 as advertising_cost_amount,
        null as clicks_count,
        null as click_through_clicks_count,
        null as click_through_impressions_count,
        1 as marketing_leads_count,
        0 as acquired_orders_count,
        0 as acquired_revenue_amount,
        0 as acquired_gross_profit_amount
    from {{ ref('fct_leads') }}
    where is_marketing
    union all
    select
        orders.order_date as event_date,
        acquisition.campaign_id,
        acquisition.campaign_channel as channel,
        0 as campaign_days_count,
        0 as advertising_cost_amount,
        null as clicks_count,
        null as click_through_clicks_count,
        null as click_through_impressions_count,
        0 as marketing_leads_count,
        1 as acquired_orders_count,
        orders.net_amount as acquired_revenue_amount,
        orders.net_amount - orders.cost_amount as acquired_gross_profit_amount
    from {{ ref('fct_orders') }} as orders
    -- inner, not left: customers whom no campaign brought are not its return
    inner join {{ ref('fct_customer_acquisition') }} as acquisition
        on orders.customer_id = acquisition.customer_id
    where acquisition.campaign_id is not null
)

select
    event_date,
    campaign_id,
    channel,
    cast(sum(campaign_days_count) as bigint) as campaign_days_count,
    cast(sum(advertising_cost_amount) as decimal(38, 4)) as advertising_cost_amount,
    cast(sum(clicks_count) as bigint) as clicks_count,
    cast(sum(click_through_clicks_count) as bigint) as click_through_clicks_count,
    cast(sum(click_through_impressions_count) as bigint) as click_through_impressions_count,
    cast(sum(marketing_leads_count) as bigint) as marketing_leads_count,
    cast(sum(acquired_orders_count) as bigint) as acquired_orders_count,
    cast(sum(acquired_revenue_amount) as decimal(38, 4)) as acquired_revenue_amount,
    cast(sum(acquired_gross_profit_amount) as decimal(38, 4)) as acquired_gross_profit_amount
from events
group by event_date, campaign_id, channel
