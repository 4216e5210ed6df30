with by_meaning as (
    select
        movement_date,
        case when cash_flow_class = 'operating' then amount else 0 end as operating_cash_flow_amount,
        case when cash_flow_class = 'investing' then amount else 0 end as investing_cash_flow_amount,
        case when cash_flow_class = 'financing' then amount else 0 end as financing_cash_flow_amount,
        -- what owners and lenders get is no cost of running the company: docs/decisions/cash-flow.md
        case when cash_flow_class <> 'financing' and amount < 0 then -amount else 0 end as burn_paid_amount,
        case when cash_flow_class <> 'financing' and amount > 0 then amount else 0 end as burn_received_amount
    from {{ ref('fct_cash_movements') }}
)

select
    movement_date,
    cast(sum(operating_cash_flow_amount) as decimal(38, 4)) as operating_cash_flow_amount,
    cast(sum(investing_cash_flow_amount) as decimal(38, 4)) as investing_cash_flow_amount,
    cast(sum(financing_cash_flow_amount) as decimal(38, 4)) as financing_cash_flow_amount,
    cast(sum(burn_paid_amount) as decimal(38, 4)) as burn_paid_amount,
    cast(sum(burn_received_amount) as decimal(38, 4)) as burn_received_amount
from by_meaning
group by movement_date
