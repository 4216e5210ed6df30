select
    periods.period_grain,
    periods.period_start_date,
    case when grouping(daily.supplier_id) = 0 then 'supplier' else 'company' end as scope_type,
    coalesce(daily.supplier_id, 'all') as scope_id,
    cast(sum(daily.purchase_orders_count) as bigint) as purchase_orders_count,
    cast(sum(daily.lead_days_sum) as bigint) as lead_days_sum,
    cast(sum(daily.ordered_quantity) as decimal(38, 4)) as ordered_quantity,
    cast(sum(daily.received_quantity) as decimal(38, 4)) as received_quantity,
    cast(sum(daily.rejected_quantity) as decimal(38, 4)) as rejected_quantity,
    cast(sum(daily.promised_count) as bigint) as promised_count,
    cast(sum(daily.on_time_count) as bigint) as on_time_count
from {{ ref('metrics_logistics__purchases_daily') }} as daily
-- a promise for a later day of an open period does not count yet, kept or not
inner join {{ ref('dim_periods') }} as periods
    on daily.event_date between periods.period_start_date and periods.through_date
-- purchases are too few for a single day to say anything
where periods.period_grain <> 'day'
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.supplier_id)
)
