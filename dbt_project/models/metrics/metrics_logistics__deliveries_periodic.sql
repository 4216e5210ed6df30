-- What became of promises is known up to the as-of day; in last year's windows only what was known on their last
-- day counts, as it does in the open period beside them: what came after it is taken back.
with daily as (
    select
        periods.period_grain,
        periods.period_start_date,
        daily.region,
        daily.channel,
        daily.warehouse,
        daily.backorder_recorded_count,
        daily.backordered_count,
        daily.promised_count,
        daily.on_time_count,
        daily.fulfilment_recorded_count,
        daily.in_full_count,
        daily.delivered_count,
        daily.fulfilled_orders_count,
        daily.fulfilment_days_sum,
        daily.lateness_days_sum,
        daily.carbon_recorded_count,
        daily.carbon_kg
    from {{ ref('metrics_logistics__deliveries_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.event_date between periods.period_start_date and periods.through_date
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        deliveries.region,
        deliveries.channel,
        deliveries.warehouse,
        null as backorder_recorded_count,
        null as backordered_count,
        null as promised_count,
        null as on_time_count,
        -- not delivered yet was not in full, whether or not the delivery says so itself
        case when deliveries.is_fulfilled is null then 1 else 0 end as fulfilment_recorded_count,
        case when deliveries.is_fulfilled then -1 else 0 end as in_full_count,
        null as delivered_count,
        null as fulfilled_orders_count,
        null as fulfilment_days_sum,
        null as lateness_days_sum,
        null as carbon_recorded_count,
        null as carbon_kg
    from {{ ref('fct_deliveries') }} as deliveries
    inner join {{ ref('dim_periods') }} as periods
        on
            deliveries.promised_date between periods.period_start_date and periods.through_date
            and deliveries.delivered_date > periods.through_date
    where periods.period_grain like '%_to_date' and deliveries.is_fulfilment_recorded
)

select
    daily.period_grain,
    daily.period_start_date,
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
from daily
group by grouping sets (
    (daily.period_grain, daily.period_start_date),
    (daily.period_grain, daily.period_start_date, daily.region),
    (daily.period_grain, daily.period_start_date, daily.channel),
    (daily.period_grain, daily.period_start_date, daily.warehouse)
)
