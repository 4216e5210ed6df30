-- A stock, so each day tells its own: the state of every opportunity at the end of the day. A place
-- has a row from its first opportunity on: when the last one closes, its pipeline is empty, not missing.
with as_of as (
    select max(through_date) as as_of_date from {{ ref('dim_periods') }}
),

days as (
    select dates.calendar_date
    from {{ ref('dim_dates') }} as dates
    inner join as_of on dates.calendar_date <= as_of.as_of_date
),

places as (
    select
        region,
        channel,
        salesperson_id,
        min(changed_date) as first_date
    from {{ ref('fct_opportunity_stages') }}
    group by region, channel, salesperson_id
),

states as (
    select
        days.calendar_date,
        changes.region,
        changes.channel,
        changes.salesperson_id,
        changes.amount,
        changes.amount * changes.stage_probability as weighted_amount,
        1 as opportunities_count
    from {{ ref('fct_opportunity_stages') }} as changes
    -- at most one row of an opportunity holds on a day: see superseded_date
    inner join days
        on
            changes.changed_date <= days.calendar_date
            and (changes.superseded_date > days.calendar_date or changes.superseded_date is null)
    where changes.is_open
    union all
    select
        days.calendar_date,
        places.region,
        places.channel,
        places.salesperson_id,
        0 as amount,
        0 as weighted_amount,
        0 as opportunities_count
    from places
    inner join days on places.first_date <= days.calendar_date
)

select
    calendar_date as pipeline_date,
    region,
    channel,
    salesperson_id,
    cast(sum(amount) as decimal(38, 4)) as pipeline_amount,
    -- amount times chance has ten decimals: cut to four, days and places would not add up
    cast(sum(weighted_amount) as decimal(38, 10)) as weighted_pipeline_amount,
    cast(sum(opportunities_count) as bigint) as open_opportunities_count
from states
group by calendar_date, region, channel, salesperson_id
