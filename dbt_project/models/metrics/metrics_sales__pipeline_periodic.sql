-- A stock: what the last known day of the period tells.
select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.channel) = 0 then 'channel'
        when grouping(daily.salesperson_id) = 0 then 'employee'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.channel, daily.salesperson_id, 'all') as scope_id,
    cast(sum(daily.pipeline_amount) as decimal(38, 4)) as pipeline_amount,
    cast(sum(daily.weighted_pipeline_amount) as decimal(38, 10)) as weighted_pipeline_amount,
    cast(sum(daily.open_opportunities_count) as bigint) as open_opportunities_count
from {{ ref('metrics_sales__pipeline_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods on daily.pipeline_date = periods.through_date
group by
    grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.region),
        (periods.period_grain, periods.period_start_date, daily.channel),
        (periods.period_grain, periods.period_start_date, daily.salesperson_id)
    )
-- what nobody is known to work is no employee's
having grouping(daily.salesperson_id) = 1 or daily.salesperson_id is not null
