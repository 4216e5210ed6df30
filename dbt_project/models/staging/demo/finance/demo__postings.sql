-- The ledger books debit positive and credit negative, so income comes with a minus.
select
    cast(entries.entry_id as varchar) || '-' || cast(entries.line_number as varchar) as posting_id,
    entries.posting_date,
    entries.account_id,
    coalesce(entries.department, 'unassigned') as department,
    -entries.amount as profit_effect_amount
from {{ source('demo', 'ledger_entries') }} as entries
-- accounts below 3 are the balance sheet; that every account exists is held by the suite
where entries.account_id >= '3'
