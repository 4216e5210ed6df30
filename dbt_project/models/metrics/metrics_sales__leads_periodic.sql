select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        when grouping(daily.campaign_id) = 0 then 'campaign'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.channel, daily.campaign_id, 'all') as scope_id,
    cast(sum(daily.leads_count) as bigint) as leads_count,
    cast(sum(daily.qualified_count) as bigint) as qualified_count,
    cast(sum(daily.converted_count) as bigint) as converted_count
from {{ ref('metrics_sales__leads_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.created_date between periods.period_start_date and periods.through_date
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.channel),
    (periods.period_grain, periods.period_start_date, daily.campaign_id)
)
