{{ config(
    severity='error' if env_var('SCORECARD_SYSTEMS') == 'demo' else 'warn',
    meta={
        'dagster': {'ref': {'name': 'metrics_finance__cash_daily'}},
        'what_to_do': 'Look for a payment in the wrong cash_flow_class. A gain or loss on an asset that was sold, or on a '
        ~ 'loan in another currency, is in net income and in no operating payment: such a difference is right.',
    },
) }}
-- Direct and indirect method agree: between two balance sheets the operating cash movements are net income, plus what is
-- written off, less the growth of receivables, inventory and other current assets, plus the growth of debts free of
-- interest. Compared as assert_cash__movements_are_the_change_of_the_balance does. Only the demo company can promise it
-- (docs/decisions/cash-flow.md); elsewhere a difference is a warning.
with first_movement as (
    select min(movement_date) as movement_date
    from {{ ref('fct_cash_movements') }}
),

sheets as (
    select
        balance_date,
        sum(
            case
                when account_class in ('receivable', 'inventory', 'other_current_asset') then balance_amount
                when account_class in ('other_current_liability', 'other_long_term_liability') then -balance_amount
                else 0
            end
        ) as working_capital_amount
    from {{ ref('fct_balances') }}
    group by balance_date
),

spans as (
    select
        balance_date,
        working_capital_amount,
        lag(balance_date) over (order by balance_date) as previous_balance_date,
        lag(working_capital_amount) over (order by balance_date) as previous_working_capital_amount
    from sheets
),

paid as (
    select
        spans.balance_date,
        sum(movements.operating_cash_flow_amount) as operating_cash_flow_amount
    from spans
    inner join first_movement on spans.previous_balance_date >= first_movement.movement_date
    inner join {{ ref('metrics_finance__cash_daily') }} as movements
        on spans.previous_balance_date < movements.movement_date and spans.balance_date >= movements.movement_date
    group by spans.balance_date
),

earned as (
    select
        spans.balance_date,
        sum(ledger.net_income_amount + ledger.depreciation_amount + ledger.amortisation_amount) as earned_amount
    from spans
    inner join {{ ref('metrics_finance__ledger_daily') }} as ledger
        on spans.previous_balance_date < ledger.posting_date and spans.balance_date >= ledger.posting_date
    group by spans.balance_date
)

select
    spans.previous_balance_date,
    spans.balance_date,
    paid.operating_cash_flow_amount,
    earned.earned_amount - (spans.working_capital_amount - spans.previous_working_capital_amount)
        as indirect_cash_flow_amount
from spans
inner join paid on spans.balance_date = paid.balance_date
inner join earned on spans.balance_date = earned.balance_date
where
    abs(
        paid.operating_cash_flow_amount
        - (earned.earned_amount - (spans.working_capital_amount - spans.previous_working_capital_amount))
    ) >= 0.005
