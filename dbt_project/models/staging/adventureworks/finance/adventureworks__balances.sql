-- Balances of the organisations that book in USD, 3 to 7, added up; what they owe each other
-- (accounts 15 and 34) stays on both sides. Date labels as in adventureworks__postings.
-- 2011-12-28, 2012-12-27 and 2013-12-28 carry adjustments of income and, outside these
-- organisations, of account 43 alone: no balance sheet, so no balances of those days.
with sheets as (
    select ledger.date
    from {{ source('adventureworks', 'finance') }} as ledger
    where
        ledger.scenariokey = 1
        and ledger.organizationkey between 3 and 7
        -- every balance sheet here has cash: all five units must be in, or the sum is not the company's
        and ledger.accountkey = 4
    group by ledger.date
    having count(distinct ledger.organizationkey) = 5
)

select
    case
        when extract(day from ledger.date) = 1 then {{ dbt.dateadd('day', -1, 'ledger.date') }}
        else ledger.date
    end as balance_date,
    cast(ledger.accountkey as varchar) as account_id,
    sum(ledger.amount) as balance_amount
from {{ source('adventureworks', 'finance') }} as ledger
inner join {{ source('adventureworks', 'account') }} as accounts
    on ledger.accountkey = accounts.accountkey and accounts.accounttype in ('Assets', 'Liabilities')
inner join sheets on ledger.date = sheets.date
where ledger.scenariokey = 1 and ledger.organizationkey between 3 and 7
group by ledger.date, ledger.accountkey
