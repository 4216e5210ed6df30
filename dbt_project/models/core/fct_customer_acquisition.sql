-- Who brought a customer is decided once, by the first lead, and never changes (docs/decisions/first-touch.md).
with leads_of_customers as (
    select
        leads.customer_id,
        leads.lead_id,
        leads.created_date,
        leads.channel,
        leads.campaign_id,
        leads.is_marketing,
        -- the lead id only settles which of several leads of the first day is the first
        row_number() over (
            partition by leads.customer_id
            order by leads.created_date, leads.lead_id
        ) as lead_number
    from {{ ref('fct_leads') }} as leads
    cross join {{ source('audit', 'run_settings') }} as settings
    where
        leads.customer_id is not null
        and leads.created_date <= settings.as_of_date
),

first_orders as (
    select
        customer_id,
        min(order_date) as first_order_date
    from {{ ref('fct_orders') }}
    group by customer_id
)

select
    leads.customer_id,
    leads.lead_id,
    leads.created_date as acquired_date,
    leads.channel,
    leads.is_marketing,
    leads.campaign_id,
    case when leads.campaign_id is not null then coalesce(campaigns.channel, 'unassigned') end as campaign_channel
from leads_of_customers as leads
-- left, both: a lead may be in before its first order, and its campaign in no register
left join first_orders on leads.customer_id = first_orders.customer_id
left join {{ ref('dim_campaigns') }} as campaigns on leads.campaign_id = campaigns.campaign_id
where
    leads.lead_number = 1
    -- who bought before was a customer already: no lead brought them
    and (first_orders.first_order_date >= leads.created_date or first_orders.first_order_date is null)
