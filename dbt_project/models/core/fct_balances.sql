select
    balances.balance_date,
    balances.account_id,
    chart.account_class,
    balances.balance_amount,
    balances.source_system
from {{ ref('stg_finance__balances') }} as balances
-- left, not inner: a lost balance would let the sheet stop footing for no visible reason
left join {{ ref('stg_finance__accounts') }} as chart on balances.account_id = chart.account_id
