-- Actual income and expenses (scenario 1) of the organisations that book in USD, 3 to 7; the
-- others wait for currency conversion. Month labels are shifted: one on the first of a month
-- closes the month before (docs/decisions/adventureworks-finance-calendar.md).
select
    cast(ledger.financekey as varchar) as posting_id,
    case
        when extract(day from ledger.date) = 1 then {{ dbt.dateadd('day', -1, 'ledger.date') }}
        else ledger.date
    end as posting_date,
    cast(ledger.accountkey as varchar) as account_id,
    coalesce(department_group.departmentgroupname, 'unassigned') as department,
    -- Expenses are stored positive. The operators on the way up to net income (account 47) give
    -- minus for each expenditure account and plus for each revenue account; a suite holds that.
    case
        when accounts.accounttype = 'Expenditures' then -ledger.amount
        else ledger.amount
    end as profit_effect_amount
from {{ source('adventureworks', 'finance') }} as ledger
inner join {{ source('adventureworks', 'account') }} as accounts
    on ledger.accountkey = accounts.accountkey and accounts.accounttype in ('Revenue', 'Expenditures')
left join {{ source('adventureworks', 'department_group') }} as department_group
    on ledger.departmentgroupkey = department_group.departmentgroupkey
where ledger.scenariokey = 1 and ledger.organizationkey between 3 and 7
