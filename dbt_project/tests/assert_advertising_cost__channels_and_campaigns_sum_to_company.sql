-- Every campaign day has one campaign and one channel, so in every period both sum to the company, to the cent.
with sums as (
    select
        period_grain,
        period_start_date,
        coalesce(sum(case when scope_type = 'company' then advertising_cost_amount end), 0) as company_amount,
        coalesce(sum(case when scope_type = 'channel' then advertising_cost_amount end), 0) as channels_amount,
        coalesce(sum(case when scope_type = 'campaign' then advertising_cost_amount end), 0) as campaigns_amount
    from {{ ref('metrics_marketing__campaigns_periodic') }}
    group by period_grain, period_start_date
)

select *
from sums
where company_amount <> channels_amount or company_amount <> campaigns_amount
