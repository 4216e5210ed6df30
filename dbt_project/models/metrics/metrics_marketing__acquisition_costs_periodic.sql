-- What new customers cost, for the company and by the marketing channel that brought them
-- (docs/decisions/acquisition-cost-by-channel.md).
with company as (
    select
        ledger.period_grain,
        ledger.period_start_date,
        ledger.marketing_cost_amount,
        ledger.marketing_cost_amount + ledger.sales_cost_amount as acquisition_cost_amount,
        coalesce(campaigns.advertising_cost_amount, 0) as advertising_cost_amount,
        orders.new_customers_count
    from {{ ref('metrics_finance__ledger_periodic') }} as ledger
    -- left, both: costs of a period without orders must say no_data, not vanish; and a period may be
    -- without campaigns
    left join {{ ref('metrics_sales__orders_periodic') }} as orders
        on
            ledger.period_grain = orders.period_grain
            and ledger.period_start_date = orders.period_start_date
            and ledger.scope_type = orders.scope_type
            and ledger.scope_id = orders.scope_id
    left join {{ ref('metrics_marketing__campaigns_periodic') }} as campaigns
        on
            ledger.period_grain = campaigns.period_grain
            and ledger.period_start_date = campaigns.period_start_date
            and ledger.scope_type = campaigns.scope_type
            and ledger.scope_id = campaigns.scope_id
    where ledger.scope_type = 'company'
),

-- a channel may have cost without new customers, and new customers without cost; one with neither has no
-- part in the period, whatever its leads and the customers of earlier years do
costs_and_customers as (
    select
        period_grain,
        period_start_date,
        scope_id,
        advertising_cost_amount,
        0 as new_customers_count
    from {{ ref('metrics_marketing__campaigns_periodic') }}
    where
        scope_type = 'channel'
        and campaign_days_count > 0
    union all
    select
        period_grain,
        period_start_date,
        scope_id,
        0 as advertising_cost_amount,
        new_customers_count
    from {{ ref('metrics_sales__first_touch_periodic') }}
    where
        scope_type = 'channel'
        and new_customers_count > 0
),

channels as (
    select
        period_grain,
        period_start_date,
        scope_id,
        sum(advertising_cost_amount) as advertising_cost_amount,
        cast(sum(new_customers_count) as bigint) as new_customers_count
    from costs_and_customers
    group by period_grain, period_start_date, scope_id
)

select
    period_grain,
    period_start_date,
    'company' as scope_type,
    'all' as scope_id,
    cast(acquisition_cost_amount as decimal(38, 10)) as acquisition_cost_amount,
    new_customers_count,
    false as is_incomplete
from company
union all
select
    channels.period_grain,
    channels.period_start_date,
    'channel' as scope_type,
    channels.scope_id,
    -- the channel's own advertising, and of all other costs the same amount for each new customer
    cast(
        channels.advertising_cost_amount + case
            when company.new_customers_count > 0
                then cast(
                    cast(company.acquisition_cost_amount - company.advertising_cost_amount as double)
                    * channels.new_customers_count / company.new_customers_count as decimal(38, 10)
                )
            else 0
        end as decimal(38, 10)
    ) as acquisition_cost_amount,
    channels.new_customers_count,
    coalesce(
        coverage.covered_from > periods.period_start_date
        or coverage.covered_to < periods.through_date
        -- campaigns that the ledger does not hold yet can not be taken out of its costs; one unit of
        -- currency is left to the rounding of exchange rates
        or company.marketing_cost_amount + 1 < company.advertising_cost_amount,
        false
    ) as is_incomplete
from channels
-- inner, all three: without the ledger there is no cost to divide, and without marketing data none is a channel's
inner join company
    on
        channels.period_grain = company.period_grain
        and channels.period_start_date = company.period_start_date
inner join {{ ref('dim_periods') }} as periods
    on
        channels.period_grain = periods.period_grain
        and channels.period_start_date = periods.period_start_date
inner join {{ ref('dim_coverage') }} as coverage on coverage.domain = 'marketing'
-- where no campaign's cost is recorded, every channel would show the same share as if it were its own cost
where (select max(campaigns.campaign_days_count) from {{ ref('metrics_marketing__campaigns_periodic') }} as campaigns) > 0
