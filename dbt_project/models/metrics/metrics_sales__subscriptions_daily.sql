-- A stock, so each day tells its own: the fees of the agreements that run on it. A place has a row from
-- its first agreement on: when the last one ends, its recurring revenue is 0, not missing.
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
        customer_segment,
        min(start_date) as first_date
    from {{ ref('fct_subscriptions') }}
    group by region, customer_segment
),

states as (
    select
        days.calendar_date,
        subscriptions.region,
        subscriptions.customer_segment,
        subscriptions.monthly_fee_amount,
        1 as subscriptions_count
    from {{ ref('fct_subscriptions') }} as subscriptions
    inner join days
        on
            subscriptions.start_date <= days.calendar_date
            and (subscriptions.end_date >= days.calendar_date or subscriptions.end_date is null)
    union all
    select
        days.calendar_date,
        places.region,
        places.customer_segment,
        0 as monthly_fee_amount,
        0 as subscriptions_count
    from places
    inner join days on places.first_date <= days.calendar_date
)

select
    calendar_date as subscription_date,
    region,
    customer_segment,
    cast(sum(monthly_fee_amount) as decimal(38, 4)) as monthly_fee_amount,
    cast(sum(subscriptions_count) as bigint) as subscriptions_count
from states
group by calendar_date, region, customer_segment
