-- What became of leads is known up to the as-of day; in last year's windows only what was known on their last day
-- counts, as it does in the open period beside them.
with counted as (
    select
        periods.period_grain,
        periods.period_start_date,
        daily.region,
        daily.channel,
        daily.campaign_id,
        daily.leads_count,
        daily.qualified_count,
        daily.converted_count
    from {{ ref('metrics_sales__leads_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.created_date between periods.period_start_date and periods.through_date
    where periods.period_grain not like '%_to_date'
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        leads.region,
        leads.channel,
        coalesce(leads.campaign_id, 'unassigned') as campaign_id,
        1 as leads_count,
        case when leads.qualified_date <= periods.through_date then 1 else 0 end as qualified_count,
        case when leads.converted_date <= periods.through_date then 1 else 0 end as converted_count
    from {{ ref('fct_leads') }} as leads
    inner join {{ ref('dim_periods') }} as periods
        on leads.created_date between periods.period_start_date and periods.through_date
    where periods.period_grain like '%_to_date'
)

select
    period_grain,
    period_start_date,
    case
        when grouping(region) = 0 then 'region'
        when grouping(channel) = 0 then 'channel'
        when grouping(campaign_id) = 0 then 'campaign'
        else 'company'
    end as scope_type,
    coalesce(region, channel, campaign_id, 'all') as scope_id,
    cast(sum(leads_count) as bigint) as leads_count,
    cast(sum(qualified_count) as bigint) as qualified_count,
    cast(sum(converted_count) as bigint) as converted_count
from counted
group by grouping sets (
    (period_grain, period_start_date),
    (period_grain, period_start_date, region),
    (period_grain, period_start_date, channel),
    (period_grain, period_start_date, campaign_id)
)
