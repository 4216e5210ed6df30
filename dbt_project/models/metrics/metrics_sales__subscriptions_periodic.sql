-- A stock: what the last known day of the period tells. A fee is for a month, so months and longer only.
select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.customer_segment) = 0 then 'customer_segment'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.customer_segment, 'all') as scope_id,
    cast(sum(daily.monthly_fee_amount) as decimal(38, 4)) as monthly_fee_amount,
    cast(sum(daily.subscriptions_count) as bigint) as subscriptions_count
from {{ ref('metrics_sales__subscriptions_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods on daily.subscription_date = periods.through_date
where periods.period_grain not in ('day', 'week', 'week_to_date')
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.customer_segment)
)
