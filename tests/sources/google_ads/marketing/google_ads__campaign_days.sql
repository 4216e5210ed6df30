-- Devices and networks of a day are one campaign's day.
select
    cast(stats.id as varchar) as campaign_id,
    stats.date as activity_date,
    sum(stats.impressions) as impressions_count,
    sum(stats.clicks) as clicks_count,
    cast(sum(stats.cost_micros) as decimal(38, 6)) * cast(0.000001 as decimal(7, 6)) as cost_amount,
    accounts.currency_code
from {{ source('google_ads', 'campaign_stats') }} as stats
-- inner: the suite refuses statistics of an unknown account, whose currency nobody could tell
inner join {{ source('google_ads', 'account_history') }} as accounts on stats.customer_id = accounts.id
group by stats.id, stats.date, accounts.currency_code
