select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.warehouse) = 0 then 'warehouse'
        when grouping(daily.product_category) = 0 then 'product_category'
        else 'company'
    end as scope_type,
    coalesce(daily.warehouse, daily.product_category, 'all') as scope_id,
    cast(sum(daily.finished_count) as bigint) as finished_count,
    cast(sum(daily.cycle_days_sum) as bigint) as cycle_days_sum,
    cast(sum(daily.cost_amount) as decimal(38, 4)) as cost_amount,
    cast(sum(daily.costed_quantity) as decimal(38, 4)) as costed_quantity
from {{ ref('metrics_logistics__production_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.finished_date between periods.period_start_date and periods.through_date
-- production orders are too few for a single day to say anything
where periods.period_grain <> 'day'
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.warehouse),
    (periods.period_grain, periods.period_start_date, daily.product_category)
)
