-- Budgeted income and expenses (scenario 2). Organisations, date labels and signs as in
-- adventureworks__postings. Fewer accounts are budgeted than booked.
select
    cast(ledger.financekey as varchar) as budget_id,
    case
        when extract(day from ledger.date) = 1 then {{ dbt.dateadd('day', -1, 'ledger.date') }}
        else ledger.date
    end as budget_date,
    cast(ledger.accountkey as varchar) as account_id,
    coalesce(department_group.departmentgroupname, 'unassigned') as department,
    case
        when accounts.accounttype = 'Expenditures' then -ledger.amount
        else ledger.amount
    end as profit_effect_amount
from {{ source('adventureworks', 'finance') }} as ledger
inner join {{ source('adventureworks', 'account') }} as accounts
    on ledger.accountkey = accounts.accountkey and accounts.accounttype in ('Revenue', 'Expenditures')
left join {{ source('adventureworks', 'department_group') }} as department_group
    on ledger.departmentgroupkey = department_group.departmentgroupkey
where ledger.scenariokey = 2 and ledger.organizationkey between 3 and 7
