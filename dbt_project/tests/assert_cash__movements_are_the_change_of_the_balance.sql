{{ config(meta={
    'dagster': {'ref': {'name': 'fct_cash_movements'}},
    'what_to_do': 'Look for a payment that is missing or there twice, or a bank account that only one of the two extracts '
    ~ 'knows. A change in value of an account in another currency is a movement too.',
}) }}
-- Between two balance sheets the cash movements add up to the change of cash, to the cent. Compared where both are
-- delivered: from the first movement on, and where anything moved.
with first_movement as (
    select min(movement_date) as movement_date
    from {{ ref('fct_cash_movements') }}
),

sheets as (
    select
        balance_date,
        sum(case when account_class = 'cash' then balance_amount else 0 end) as cash_amount
    from {{ ref('fct_balances') }}
    group by balance_date
),

spans as (
    select
        balance_date,
        cash_amount,
        lag(balance_date) over (order by balance_date) as previous_balance_date,
        lag(cash_amount) over (order by balance_date) as previous_cash_amount
    from sheets
)

select
    spans.previous_balance_date,
    spans.balance_date,
    spans.cash_amount - spans.previous_cash_amount as change_of_balance_amount,
    sum(movements.amount) as movements_amount
from spans
inner join first_movement on spans.previous_balance_date >= first_movement.movement_date
inner join {{ ref('fct_cash_movements') }} as movements
    on spans.previous_balance_date < movements.movement_date and spans.balance_date >= movements.movement_date
group by spans.previous_balance_date, spans.balance_date, spans.cash_amount, spans.previous_cash_amount
having abs(sum(movements.amount) - (spans.cash_amount - spans.previous_cash_amount)) >= 0.005
