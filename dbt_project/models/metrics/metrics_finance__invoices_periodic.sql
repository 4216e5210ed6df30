select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.customer_segment) = 0 then 'customer_segment'
        when grouping(daily.customer_id) = 0 then 'customer'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.customer_segment, daily.customer_id, 'all') as scope_id,
    cast(sum(daily.paid_invoices_count) as bigint) as paid_invoices_count,
    cast(sum(daily.late_days_sum) as bigint) as late_days_sum
from {{ ref('metrics_finance__invoices_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.paid_date between periods.period_start_date and periods.through_date
where periods.period_grain not in ('day', 'week', 'week_to_date')
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.customer_segment),
    (periods.period_grain, periods.period_start_date, daily.customer_id)
)
