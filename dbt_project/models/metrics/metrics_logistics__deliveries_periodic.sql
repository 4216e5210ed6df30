select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        when grouping(daily.warehouse) = 0 then 'warehouse'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.channel, daily.warehouse, 'all') as scope_id,
    cast(sum(daily.backorder_recorded_count) as bigint) as backorder_recorded_count,
    cast(sum(daily.backordered_count) as bigint) as backordered_count,
    cast(sum(daily.promised_count) as bigint) as promised_count,
    cast(sum(daily.on_time_count) as bigint) as on_time_count,
    cast(sum(daily.fulfilment_recorded_count) as bigint) as fulfilment_recorded_count,
    cast(sum(daily.in_full_count) as bigint) as in_full_count,
    cast(sum(daily.delivered_count) as bigint) as delivered_count,
    cast(sum(daily.fulfilled_orders_count) as bigint) as fulfilled_orders_count,
    cast(sum(daily.fulfilment_days_sum) as bigint) as fulfilment_days_sum,
    cast(sum(daily.lateness_days_sum) as bigint) as lateness_days_sum,
    cast(sum(daily.carbon_recorded_count) as bigint) as carbon_recorded_count,
    cast(sum(daily.carbon_kg) as decimal(38, 4)) as carbon_kg
from {{ ref('metrics_logistics__deliveries_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.event_date between periods.period_start_date and periods.through_date
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.channel),
    (periods.period_grain, periods.period_start_date, daily.warehouse)
)
