-- On every snapshot day assets equal liabilities and equity, to the cent.
with signed as (
    select
        balance_date,
        case
            when
                account_class in (
                    'cash', 'receivable', 'inventory', 'other_current_asset', 'non_current_asset'
                )
                then balance_amount
            else -balance_amount
        end as signed_amount
    from {{ ref('fct_balances') }}
)

select
    balance_date,
    sum(signed_amount) as difference_amount
from signed
group by balance_date
having abs(sum(signed_amount)) >= 0.005
