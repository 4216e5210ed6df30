select
    campaign_days.campaign_id,
    campaign_days.activity_date,
    coalesce(campaigns.channel, 'unassigned') as channel,
    campaign_days.impressions_count,
    campaign_days.clicks_count,
    -- in the reporting currency at the rate of the day; no rate, no amount, and the build stops at
    -- assert_exchange_rates__every_campaign_cost_has_one
    case
        when campaign_days.currency_code is null then campaign_days.cost_amount
        else cast(campaign_days.cost_amount * rates.rate as decimal(18, 4))
    end as cost_amount
from {{ ref('stg_marketing__campaign_days') }} as campaign_days
-- left, both: money spent is spent, also where the campaign or the rate is unknown
left join {{ ref('dim_campaigns') }} as campaigns on campaign_days.campaign_id = campaigns.campaign_id
left join {{ ref('dim_exchange_rates') }} as rates
    on
        campaign_days.currency_code = rates.currency_code
        and campaign_days.activity_date between rates.valid_from and rates.valid_to
