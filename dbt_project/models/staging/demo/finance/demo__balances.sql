-- Balances are what the entries add up to at each month's end. The ledger closes no year by an
-- entry, so the result since the first day is shown on account 2099 and the sheet foots.
with months as (
    select
        cast(date_trunc('month', posting_date) as date) as month_start_date,
        max(posting_date) as balance_date
    from {{ source('demo', 'ledger_entries') }}
    group by cast(date_trunc('month', posting_date) as date)
),

movements as (
    select
        cast(date_trunc('month', posting_date) as date) as month_start_date,
        case when account_id < '3' then account_id else '2099' end as account_id,
        -- from 2 on credit is the side that makes a balance positive, as it makes a profit
        sum(case when account_id < '2' then amount else -amount end) as amount
    from {{ source('demo', 'ledger_entries') }}
    group by
        cast(date_trunc('month', posting_date) as date),
        case when account_id < '3' then account_id else '2099' end
)

select
    months.balance_date,
    movements.account_id,
    sum(movements.amount) as balance_amount
from months
inner join movements on months.month_start_date >= movements.month_start_date
-- costs, interest and tax are booked on a month's last day: a month whose entries end before it
-- is not closed, and has no balance sheet yet
where extract(day from months.balance_date + interval '1' day) = 1
group by months.balance_date, movements.account_id
