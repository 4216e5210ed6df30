-- Kept promises are promises, full deliveries are recorded ones, and so on: no ratio passes 1.
select
    period_grain,
    period_start_date,
    scope_type,
    scope_id
from {{ ref('metrics_logistics__deliveries_periodic') }}
where
    on_time_count > promised_count
    or fulfilment_recorded_count > promised_count
    or in_full_count > fulfilment_recorded_count
    or fulfilled_orders_count > delivered_count
    or carbon_recorded_count > delivered_count
    or backordered_count > backorder_recorded_count
