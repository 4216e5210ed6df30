-- The departments' net income and operating expenses add up to the company's, in every period.
with departments as (
    select
        period_grain,
        period_start_date,
        sum(net_income_amount) as net_income_amount,
        sum(operating_expenses_amount) as operating_expenses_amount
    from {{ ref('metrics_finance__ledger_periodic') }}
    where scope_type = 'department'
    group by period_grain, period_start_date
)

select
    company.period_grain,
    company.period_start_date,
    company.net_income_amount,
    departments.net_income_amount as departments_net_income_amount,
    company.operating_expenses_amount,
    departments.operating_expenses_amount as departments_operating_expenses_amount
from {{ ref('metrics_finance__ledger_periodic') }} as company
left join departments
    on
        company.period_grain = departments.period_grain
        and company.period_start_date = departments.period_start_date
where
    company.scope_type = 'company'
    and (
        departments.period_start_date is null
        or company.net_income_amount <> departments.net_income_amount
        or company.operating_expenses_amount <> departments.operating_expenses_amount
    )
