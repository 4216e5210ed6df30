select
    periods.period_grain,
    periods.period_start_date,
    case when grouping(daily.channel) = 0 then 'channel' else 'company' end as scope_type,
    coalesce(daily.channel, 'all') as scope_id,
    cast(sum(daily.sessions_count) as bigint) as sessions_count,
    cast(sum(daily.paid_sessions_count) as bigint) as paid_sessions_count,
    cast(sum(daily.visitors_count) as bigint) as visitors_count
from {{ ref('metrics_marketing__web_sessions_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.session_date between periods.period_start_date and periods.through_date
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.channel)
)
