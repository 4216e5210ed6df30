-- Every order has exactly one region, one channel and one warehouse, so in every period each of the
-- three adds up to the company; what nobody records is left out of both.
with sums as (
    select
        period_grain,
        period_start_date,
        scope_type,
        sum(promised_count) as promised_count,
        coalesce(sum(on_time_count), 0) as on_time_count,
        coalesce(sum(in_full_count), 0) as in_full_count,
        sum(delivered_count) as delivered_count,
        coalesce(sum(lateness_days_sum), 0) as lateness_days_sum,
        coalesce(sum(backordered_count), 0) as backordered_count,
        coalesce(sum(carbon_kg), 0) as carbon_kg
    from {{ ref('metrics_logistics__deliveries_periodic') }}
    group by period_grain, period_start_date, scope_type
)

select
    parts.period_grain,
    parts.period_start_date,
    parts.scope_type
from sums as company
inner join sums as parts
    on
        company.period_grain = parts.period_grain
        and company.period_start_date = parts.period_start_date
        and parts.scope_type <> 'company'
where
    company.scope_type = 'company'
    and (
        company.promised_count <> parts.promised_count
        or company.on_time_count <> parts.on_time_count
        or company.in_full_count <> parts.in_full_count
        or company.delivered_count <> parts.delivered_count
        or company.lateness_days_sum <> parts.lateness_days_sum
        or company.backordered_count <> parts.backordered_count
        or company.carbon_kg <> parts.carbon_kg
    )
