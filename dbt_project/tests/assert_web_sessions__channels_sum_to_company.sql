-- Every session came through one channel, so in every period they sum to the company.
with sums as (
    select
        period_grain,
        period_start_date,
        sum(case when scope_type = 'company' then sessions_count end) as company_count,
        sum(case when scope_type = 'channel' then sessions_count end) as channels_count
    from {{ ref('metrics_marketing__web_sessions_periodic') }}
    group by period_grain, period_start_date
)

select *
from sums
where company_count <> channels_count
