-- Budgets are positive in the extract, for income and for costs.
select
    budget_lines.budget_id,
    budget_lines.budget_month as budget_date,
    budget_lines.account_id,
    coalesce(budget_lines.department, 'unassigned') as department,
    case
        when accounts.account_class in ('revenue', 'other_income', 'interest_income') then budget_lines.amount
        else -budget_lines.amount
    end as profit_effect_amount
from {{ source('demo', 'budget_lines') }} as budget_lines
-- inner: without its account a budget has no sign; the suite refuses such a line
inner join {{ source('demo', 'accounts') }} as accounts on budget_lines.account_id = accounts.account_id
