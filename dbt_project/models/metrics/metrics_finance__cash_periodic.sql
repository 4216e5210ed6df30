-- From the month up: pay and taxes leave on single days, so a week's cash says nothing.
with periods as (
    select
        period_grain,
        period_start_date,
        through_date,
        {{ dbt.datediff('period_start_date', 'through_date', 'month') }} as months_before,
        {{ dbt.datediff(dbt.date_trunc('month', 'through_date'), 'through_date', 'day') }} + 1 as elapsed_days,
        {{ dbt.datediff(dbt.date_trunc('month', 'through_date'), dbt.last_day('through_date', 'month'), 'day') }} + 1
            as days_in_month
    from {{ ref('dim_periods') }}
    where period_grain not in ('day', 'week', 'week_to_date')
)

select
    periods.period_grain,
    periods.period_start_date,
    'company' as scope_type,
    'all' as scope_id,
    cast(sum(daily.operating_cash_flow_amount) as decimal(38, 4)) as operating_cash_flow_amount,
    cast(sum(daily.investing_cash_flow_amount) as decimal(38, 4)) as investing_cash_flow_amount,
    cast(sum(daily.financing_cash_flow_amount) as decimal(38, 4)) as financing_cash_flow_amount,
    cast(sum(daily.burn_paid_amount) as decimal(38, 4)) as burn_paid_amount,
    cast(sum(daily.burn_received_amount) as decimal(38, 4)) as burn_received_amount,
    -- sixteen decimals, since the KPIs divide by it: with ten, an amount a month would be off in its eighth
    cast(
        periods.months_before
        + cast(periods.elapsed_days as double) / cast(periods.days_in_month as double)
        as decimal(38, 16)
    ) as months_count
from {{ ref('metrics_finance__cash_daily') }} as daily
inner join periods on daily.movement_date between periods.period_start_date and periods.through_date
group by
    periods.period_grain,
    periods.period_start_date,
    periods.months_before,
    periods.elapsed_days,
    periods.days_in_month
