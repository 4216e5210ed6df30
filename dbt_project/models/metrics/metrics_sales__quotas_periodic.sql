-- Quarters and years only: a quota is for a whole quarter and is not cut into months. In a quarter that
-- is not over the sales so far stand against the part of the quota that was due by then, by days.
with holders as (
    select distinct
        quarter_start_date,
        salesperson_id,
        channel
    from {{ ref('fct_quotas') }}
),

events as (
    select
        quarter_start_date as event_date,
        quarter_start_date,
        salesperson_id,
        channel,
        quota_amount,
        cast(0 as decimal(18, 4)) as revenue_amount
    from {{ ref('fct_quotas') }}
    union all
    select
        order_lines.order_date as event_date,
        holders.quarter_start_date,
        holders.salesperson_id,
        holders.channel,
        cast(0 as decimal(18, 4)) as quota_amount,
        order_lines.net_amount as revenue_amount
    from {{ ref('fct_order_lines') }} as order_lines
    inner join {{ ref('dim_dates') }} as dates on order_lines.order_date = dates.calendar_date
    -- inner, not left: what people sell without a quota, or outside its channel, attains nothing
    inner join holders
        on
            dates.quarter_start_date = holders.quarter_start_date
            and order_lines.salesperson_id = holders.salesperson_id
            and order_lines.channel = holders.channel
),

dated as (
    select
        *,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 3, 'quarter_start_date')) }} as date) as quarter_end_date
    from events
),

attainment as (
    select
        periods.period_grain,
        periods.period_start_date,
        case
            when grouping(events.channel) = 0 then 'channel'
            when grouping(events.salesperson_id) = 0 then 'employee'
            else 'company'
        end as scope_type,
        coalesce(events.channel, events.salesperson_id, 'all') as scope_id,
        cast(sum(events.revenue_amount) as decimal(38, 4)) as quota_holder_revenue_amount,
        cast(
            sum(
                case
                    when events.quarter_end_date > periods.through_date
                        then cast(
                            events.quota_amount
                            * ({{ dbt.datediff('events.quarter_start_date', 'periods.through_date', 'day') }} + 1)
                            / ({{ dbt.datediff('events.quarter_start_date', 'events.quarter_end_date', 'day') }} + 1)
                            as decimal(38, 4)
                        )
                    else events.quota_amount
                end
            ) as decimal(38, 4)
        ) as quota_amount,
        cast(count(distinct events.quarter_start_date) as bigint) as quota_quarters_count
    from dated as events
    inner join {{ ref('dim_periods') }} as periods
        on events.event_date between periods.period_start_date and periods.through_date
    where periods.period_grain in ('quarter', 'quarter_to_date', 'year', 'year_to_date')
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, events.channel),
        (periods.period_grain, periods.period_start_date, events.salesperson_id)
    )
),

-- the quotas of the whole period, those of quarters to come included: a target for it
whole_quotas as (
    select
        periods.period_grain,
        periods.period_start_date,
        case
            when grouping(quotas.channel) = 0 then 'channel'
            when grouping(quotas.salesperson_id) = 0 then 'employee'
            else 'company'
        end as scope_type,
        coalesce(quotas.channel, quotas.salesperson_id, 'all') as scope_id,
        cast(sum(quotas.quota_amount) as decimal(38, 4)) as quota_amount,
        count(distinct quotas.quarter_start_date) as quarters_count
    from {{ ref('fct_quotas') }} as quotas
    inner join {{ ref('dim_periods') }} as periods
        on quotas.quarter_start_date between periods.period_start_date and periods.period_end_date
    where periods.period_grain in ('quarter', 'quarter_to_date', 'year', 'year_to_date')
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, quotas.channel),
        (periods.period_grain, periods.period_start_date, quotas.salesperson_id)
    )
),

-- from the calendar, not from the shown periods: history may begin in the middle of a year
quarters as (
    select
        periods.period_grain,
        periods.period_start_date,
        cast(count(distinct dates.quarter_start_date) as bigint) as quarters_count
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_dates') }} as dates
        on dates.calendar_date between periods.period_start_date and periods.through_date
    group by periods.period_grain, periods.period_start_date
)

select
    attainment.period_grain,
    attainment.period_start_date,
    attainment.scope_type,
    attainment.scope_id,
    attainment.quota_holder_revenue_amount,
    attainment.quota_amount,
    case
        when whole_quotas.quarters_count = case attainment.period_grain when 'quarter' then 1 when 'year' then 4 end
            then whole_quotas.quota_amount
    end as whole_quota_amount,
    attainment.quota_quarters_count,
    quarters.quarters_count,
    attainment.quota_quarters_count < quarters.quarters_count as is_incomplete
from attainment
inner join quarters
    on
        attainment.period_grain = quarters.period_grain
        and attainment.period_start_date = quarters.period_start_date
inner join whole_quotas
    on
        attainment.period_grain = whole_quotas.period_grain
        and attainment.period_start_date = whole_quotas.period_start_date
        and attainment.scope_type = whole_quotas.scope_type
        and attainment.scope_id = whole_quotas.scope_id
