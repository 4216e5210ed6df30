with balances as (
    select
        balance_date,
        case
            when account_class in ('cash', 'receivable', 'inventory', 'other_current_asset')
                then balance_amount
            else 0
        end as current_assets_amount,
        case when account_class = 'cash' then balance_amount else 0 end as cash_amount,
        case when account_class = 'receivable' then balance_amount else 0 end as receivables_amount,
        case when account_class = 'inventory' then balance_amount else 0 end as inventory_amount,
        case when account_class = 'non_current_asset' then balance_amount else 0 end
            as non_current_assets_amount,
        case
            when account_class in ('current_debt', 'other_current_liability') then balance_amount
            else 0
        end as current_liabilities_amount,
        case
            when account_class in ('long_term_debt', 'other_long_term_liability') then balance_amount
            else 0
        end as long_term_liabilities_amount,
        case
            when account_class in ('current_debt', 'long_term_debt') then balance_amount
            else 0
        end as total_debt_amount,
        case when account_class = 'equity' then balance_amount else 0 end as equity_amount
    from {{ ref('fct_balances') }}
)

select
    balance_date,
    cast(sum(current_assets_amount) as decimal(38, 4)) as current_assets_amount,
    cast(sum(cash_amount) as decimal(38, 4)) as cash_amount,
    cast(sum(receivables_amount) as decimal(38, 4)) as receivables_amount,
    cast(sum(inventory_amount) as decimal(38, 4)) as inventory_amount,
    cast(sum(current_assets_amount + non_current_assets_amount) as decimal(38, 4)) as total_assets_amount,
    cast(sum(current_liabilities_amount) as decimal(38, 4)) as current_liabilities_amount,
    cast(sum(current_liabilities_amount + long_term_liabilities_amount) as decimal(38, 4))
        as total_liabilities_amount,
    cast(sum(total_debt_amount) as decimal(38, 4)) as total_debt_amount,
    cast(sum(equity_amount) as decimal(38, 4)) as equity_amount
from balances
group by balance_date
