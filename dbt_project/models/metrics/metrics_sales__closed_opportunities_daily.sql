select
    closed_date,
    region,
    channel,
    salesperson_id,
    cast(count(*) as bigint) as closed_count,
    cast(sum(case when is_won then 1 else 0 end) as bigint) as won_count,
    cast(sum(case when is_won then sales_cycle_days end) as bigint) as sales_cycle_days,
    cast(sum(case when is_won and sales_cycle_days is not null then 1 else 0 end) as bigint) as sales_cycles_count
from {{ ref('fct_closed_opportunities') }}
group by closed_date, region, channel, salesperson_id
