select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.channel, 'all') as scope_id,
    cast(sum(daily.delivered_count) as bigint) as delivered_count,
    cast(sum(daily.fulfilled_orders_count) as bigint) as fulfilled_orders_count,
    cast(sum(daily.fulfilment_days_sum) as bigint) as fulfilment_days_sum,
    cast(sum(daily.promised_count) as bigint) as promised_count,
    cast(sum(daily.on_time_count) as bigint) as on_time_count
from {{ ref('metrics_logistics__deliveries_daily') }} as daily
-- a promise for a later day of an open period does not count yet, kept or not
inner join {{ ref('dim_periods') }} as periods
    on daily.event_date between periods.period_start_date and periods.through_date
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.channel)
)
