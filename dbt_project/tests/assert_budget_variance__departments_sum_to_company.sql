{{ config(meta={'dagster': {'ref': {'name': 'metrics_finance__budget_periodic'}}}) }}
-- The departments' budget variances add up to the company's, in every period in which each department that spends or was
-- given a budget has a variance of its own (docs/decisions/budget-variance.md: not so for a budget kept by account only).
with involved as (
    select distinct
        periods.period_grain,
        periods.period_start_date,
        cells.department
    from {{ ref('metrics_finance__budget_monthly') }} as cells
    inner join {{ ref('dim_periods') }} as periods
        on
            cells.month_start_date between periods.period_start_date and periods.through_date
            and cells.through_date
            = least(cast({{ dbt.last_day('cells.month_start_date', 'month') }} as date), periods.through_date)
    where periods.period_grain not in ('day', 'week', 'week_to_date')
),

departments as (
    select
        involved.period_grain,
        involved.period_start_date,
        sum(compared.actual_profit_effect_amount - compared.budget_profit_effect_amount) as variance_amount,
        max(case when compared.scope_id is null or compared.is_partly_budgeted then 1 else 0 end) as is_one_missing
    from involved
    left join {{ ref('metrics_finance__budget_periodic') }} as compared
        on
            involved.period_grain = compared.period_grain
            and involved.period_start_date = compared.period_start_date
            and involved.department = compared.scope_id
            and compared.scope_type = 'department'
    group by involved.period_grain, involved.period_start_date
)

select
    company.period_grain,
    company.period_start_date,
    company.actual_profit_effect_amount - company.budget_profit_effect_amount as variance_amount,
    departments.variance_amount as departments_variance_amount
from {{ ref('metrics_finance__budget_periodic') }} as company
inner join departments
    on
        company.period_grain = departments.period_grain
        and company.period_start_date = departments.period_start_date
where
    company.scope_type = 'company'
    and departments.is_one_missing = 0
    and company.actual_profit_effect_amount - company.budget_profit_effect_amount <> departments.variance_amount
