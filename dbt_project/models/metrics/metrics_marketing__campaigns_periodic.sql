with rolled_up as (
    select
        periods.period_grain,
        periods.period_start_date,
        case
            when grouping(daily.channel) = 0 then 'channel'
            when grouping(daily.campaign_id) = 0 then 'campaign'
            else 'company'
        end as scope_type,
        coalesce(daily.channel, daily.campaign_id, 'all') as scope_id,
        cast(sum(daily.campaign_days_count) as bigint) as campaign_days_count,
        cast(sum(daily.advertising_cost_amount) as decimal(38, 4)) as advertising_cost_amount,
        cast(sum(daily.clicks_count) as bigint) as clicks_count,
        cast(sum(daily.click_through_clicks_count) as bigint) as click_through_clicks_count,
        cast(sum(daily.click_through_impressions_count) as bigint) as click_through_impressions_count,
        cast(sum(daily.marketing_leads_count) as bigint) as marketing_leads_count,
        cast(sum(daily.acquired_orders_count) as bigint) as acquired_orders_count,
        cast(sum(daily.acquired_revenue_amount) as decimal(38, 4)) as acquired_revenue_amount,
        cast(sum(daily.acquired_gross_profit_amount) as decimal(38, 4)) as acquired_gross_profit_amount
    from {{ ref('metrics_marketing__campaigns_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.event_date between periods.period_start_date and periods.through_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.channel),
        (periods.period_grain, periods.period_start_date, daily.campaign_id)
    )
)

select
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    campaign_days_count,
    -- nothing in this period is 0; nothing in any period is not known: the source does not record it
    case when max(campaign_days_count) over () > 0 then advertising_cost_amount end as advertising_cost_amount,
    clicks_count,
    click_through_clicks_count,
    click_through_impressions_count,
    case when max(marketing_leads_count) over () > 0 then marketing_leads_count end as marketing_leads_count,
    acquired_orders_count,
    case when max(acquired_orders_count) over () > 0 then acquired_revenue_amount end as acquired_revenue_amount,
    case when max(acquired_orders_count) over () > 0 then acquired_gross_profit_amount end
        as acquired_gross_profit_amount
from rolled_up
-- leads that no campaign brought are the company's and their channel's, but no campaign's
where scope_type <> 'campaign' or scope_id <> 'unassigned'
