-- Channels divide the company's costs and new customers among them; shares are rounded to ten decimals.
with sums as (
    select
        period_grain,
        period_start_date,
        sum(case when scope_type = 'company' then acquisition_cost_amount end) as company_amount,
        sum(case when scope_type = 'channel' then acquisition_cost_amount end) as channels_amount,
        sum(case when scope_type = 'company' then new_customers_count end) as company_count,
        sum(case when scope_type = 'channel' then new_customers_count end) as channels_count
    from {{ ref('metrics_marketing__acquisition_costs_periodic') }}
    group by period_grain, period_start_date
)

select *
from sums
where
    company_count <> channels_count
    -- without new customers nobody takes a share
    or (company_count > 0 and abs(company_amount - channels_amount) > 0.0001)
