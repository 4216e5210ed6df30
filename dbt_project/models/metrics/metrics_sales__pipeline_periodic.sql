-- A stock: the state of every opportunity at the end of the period's last known day. Closed ones
-- stay in as 0, so that a place whose last deal closed shows an empty pipeline, not a missing one.
with states as (
    select
        periods.period_grain,
        periods.period_start_date,
        changes.region,
        changes.channel,
        case when changes.is_open then changes.amount else 0 end as open_amount,
        case when changes.is_open then 1 else 0 end as open_count
    from {{ ref('fct_opportunity_stages') }} as changes
    -- at most one row of an opportunity holds on a day: see superseded_date
    inner join {{ ref('dim_periods') }} as periods
        on
            changes.changed_date <= periods.through_date
            and (changes.superseded_date > periods.through_date or changes.superseded_date is null)
)

select
    period_grain,
    period_start_date,
    case
        when grouping(region) = 0 then 'region'
        when grouping(channel) = 0 then 'channel'
        else 'company'
    end as scope_type,
    coalesce(region, channel, 'all') as scope_id,
    cast(sum(open_amount) as decimal(38, 4)) as pipeline_amount,
    cast(sum(open_count) as bigint) as open_opportunities_count
from states
group by grouping sets (
    (period_grain, period_start_date),
    (period_grain, period_start_date, region),
    (period_grain, period_start_date, channel)
)
