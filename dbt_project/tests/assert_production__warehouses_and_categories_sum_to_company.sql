-- Every production order has exactly one warehouse and one category, so in every period both add up
-- to the company, to the cent.
with sums as (
    select
        period_grain,
        period_start_date,
        scope_type,
        sum(finished_count) as finished_count,
        sum(cycle_days_sum) as cycle_days_sum,
        coalesce(sum(cost_amount), 0) as cost_amount,
        coalesce(sum(costed_quantity), 0) as costed_quantity
    from {{ ref('metrics_logistics__production_periodic') }}
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
        company.finished_count <> parts.finished_count
        or company.cycle_days_sum <> parts.cycle_days_sum
        or company.cost_amount <> parts.cost_amount
        or company.costed_quantity <> parts.costed_quantity
    )
