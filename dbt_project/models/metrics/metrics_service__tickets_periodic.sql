select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.customer_segment) = 0 then 'customer_segment'
        when grouping(daily.channel) = 0 then 'channel'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.customer_segment, daily.channel, 'all') as scope_id,
    cast(sum(daily.waiting_recorded_count) as bigint) as waiting_recorded_count,
    cast(sum(daily.waiting_minutes_sum) as decimal(38, 4)) as waiting_minutes_sum,
    cast(sum(daily.escalation_recorded_count) as bigint) as escalation_recorded_count,
    cast(sum(daily.escalated_count) as bigint) as escalated_count,
    cast(sum(daily.first_response_count) as bigint) as first_response_count,
    cast(sum(daily.first_response_seconds_sum) as bigint) as first_response_seconds_sum,
    cast(sum(daily.resolved_count) as bigint) as resolved_count,
    cast(sum(daily.resolution_seconds_sum) as bigint) as resolution_seconds_sum,
    cast(sum(daily.contacts_recorded_count) as bigint) as contacts_recorded_count,
    cast(sum(daily.first_contact_count) as bigint) as first_contact_count
from {{ ref('metrics_service__tickets_daily') }} as daily
-- an answer or a solution after the as-of day has not happened yet
inner join {{ ref('dim_periods') }} as periods
    on daily.event_date between periods.period_start_date and periods.through_date
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.customer_segment),
    (periods.period_grain, periods.period_start_date, daily.channel)
)
