{{ config(meta={'dagster': {'ref': {'name': 'metrics_sales__subscriptions_periodic'}}}) }}
-- At every month's end: the fees of all that has begun, less the fees of all that has ended, is what
-- runs. And regions and segments both sum to the company.
with sums as (
    select
        subscriptions.period_start_date,
        periods.through_date,
        sum(case when subscriptions.scope_type = 'company' then subscriptions.monthly_fee_amount end) as company_amount,
        sum(case when subscriptions.scope_type = 'region' then subscriptions.monthly_fee_amount end) as regions_amount,
        sum(
            case when subscriptions.scope_type = 'customer_segment' then subscriptions.monthly_fee_amount end
        ) as segments_amount
    from {{ ref('metrics_sales__subscriptions_periodic') }} as subscriptions
    inner join {{ ref('dim_periods') }} as periods
        on
            subscriptions.period_grain = periods.period_grain
            and subscriptions.period_start_date = periods.period_start_date
    where subscriptions.period_grain = 'month'
    group by subscriptions.period_start_date, periods.through_date
),

begun as (
    select
        sums.period_start_date,
        sum(fees.monthly_fee_amount) as begun_amount
    from sums
    inner join {{ ref('fct_subscriptions') }} as fees on sums.through_date >= fees.start_date
    group by sums.period_start_date
),

ended as (
    select
        sums.period_start_date,
        sum(fees.monthly_fee_amount) as ended_amount
    from sums
    inner join {{ ref('fct_subscriptions') }} as fees on sums.through_date > fees.end_date
    group by sums.period_start_date
)

select
    sums.*,
    begun.begun_amount,
    ended.ended_amount
from sums
left join begun on sums.period_start_date = begun.period_start_date
left join ended on sums.period_start_date = ended.period_start_date
where
    sums.company_amount <> begun.begun_amount - coalesce(ended.ended_amount, 0)
    or sums.company_amount <> sums.regions_amount
    or sums.company_amount <> sums.segments_amount
