-- Accounts that can carry an amount: the leaves of the tree, without the statistical ones (95 to
-- 99: headcount, units, floor space). A new leaf that no branch below names gets no class and
-- fails the contract: a person must say what it means.
select
    cast(accounts.accountkey as varchar) as account_id,
    accounts.accountdescription as account_name,
    case
        when accounts.accountkey = 4 then 'cash'
        -- 8 is the allowance for bad debt: stored positive and added, or the sheet does not foot
        when accounts.accountkey between 6 and 8 then 'receivable'
        when accounts.accountkey between 10 and 12 then 'inventory'
        -- deferred taxes, prepaid expenses, intercompany receivables: under current assets in the tree
        when accounts.accountkey between 13 and 15 then 'other_current_asset'
        when accounts.accountkey between 18 and 24 then 'non_current_asset'
        -- notes payable, and the part of long-term debt that is due within the year
        when accounts.accountkey in (28, 100) then 'current_debt'
        when accounts.accountkey between 29 and 35 then 'other_current_liability'
        when accounts.accountkey = 37 then 'long_term_debt'
        -- pensions and other retirement benefits are owed to nobody who lent money
        when accounts.accountkey between 38 and 40 then 'other_long_term_liability'
        when accounts.accountkey between 42 and 46 then 'equity'
        -- returns (53) and discounts (54) reduce revenue
        when accounts.accountkey between 52 and 54 or accounts.accountkey = 101 then 'revenue'
        when accounts.accountkey in (56, 57) then 'cost_of_goods_sold'
        when accounts.accountkey between 60 and 78 or accounts.accountkey = 87 then 'operating_expense'
        when accounts.accountkey between 80 and 84 then 'depreciation'
        when accounts.accountkey = 85 then 'amortisation'
        when accounts.accountkey = 89 then 'interest_income'
        when accounts.accountkey = 90 then 'interest_expense'
        -- gains and losses on assets, other income, exchange differences
        when accounts.accountkey between 91 and 93 then 'other_income'
        when accounts.accountkey = 94 then 'tax'
    end as account_class,
    -- Conferences, collateral and commissions are there, but of the organisations in the United
    -- States only, while orders and customers are of the whole world: a cost per customer made of
    -- the two would be wrong, so no cost has a function here and that KPI says no_data.
    cast(null as varchar) as cost_function
from {{ source('adventureworks', 'account') }} as accounts
left join {{ source('adventureworks', 'account') }} as children
    on accounts.accountkey = children.parentaccountkey
where
    children.accountkey is null
    and accounts.accounttype in ('Assets', 'Liabilities', 'Revenue', 'Expenditures')
