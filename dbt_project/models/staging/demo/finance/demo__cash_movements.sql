-- An entry is one movement: its lines on both bank accounts together, so that a transfer between them
-- comes to nothing. What the money was for is told by the entry's other side: things to keep are
-- investing, loans and owners financing, all else, interest and tax too, operating.
with movements as (
    select
        entries.entry_id as movement_id,
        entries.posting_date as movement_date,
        case
            when max(case when accounts.account_class = 'non_current_asset' then 1 end) = 1 then 'investing'
            when max(case when accounts.account_class in ('long_term_debt', 'current_debt', 'equity') then 1 end) = 1
                then 'financing'
            else 'operating'
        end as cash_flow_class,
        sum(case when accounts.account_class = 'cash' then entries.amount else 0 end) as amount
    from {{ source('demo', 'ledger_entries') }} as entries
    -- inner: without its account a line has no class; the suite refuses such a line
    inner join {{ source('demo', 'accounts') }} as accounts on entries.account_id = accounts.account_id
    -- the opening balances are nothing that was paid
    where entries.journal <> 'IB'
    group by entries.entry_id, entries.posting_date
)

select
    movement_id,
    movement_date,
    cash_flow_class,
    amount
from movements
where amount <> 0
