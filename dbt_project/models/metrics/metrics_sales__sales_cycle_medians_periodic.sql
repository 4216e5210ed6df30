-- A median can not be had from sums, so each scope puts its deals in order. Months and longer only:
-- a week holds too few won deals for a middle that means anything.
with won as (
    select
        periods.period_grain,
        periods.period_start_date,
        opportunities.region,
        opportunities.channel,
        opportunities.opportunity_id,
        opportunities.sales_cycle_days
    from {{ ref('fct_closed_opportunities') }} as opportunities
    inner join {{ ref('dim_periods') }} as periods
        on opportunities.closed_date between periods.period_start_date and periods.through_date
    where
        periods.period_grain not in ('day', 'week', 'week_to_date')
        and opportunities.is_won
        and opportunities.sales_cycle_days is not null
),

scoped as (
    select
        period_grain,
        period_start_date,
        'company' as scope_type,
        'all' as scope_id,
        opportunity_id,
        sales_cycle_days
    from won
    union all
    select
        period_grain,
        period_start_date,
        'region' as scope_type,
        region as scope_id,
        opportunity_id,
        sales_cycle_days
    from won
    union all
    select
        period_grain,
        period_start_date,
        'channel' as scope_type,
        channel as scope_id,
        opportunity_id,
        sales_cycle_days
    from won
),

ordered as (
    select
        *,
        row_number() over (
            partition by period_grain, period_start_date, scope_type, scope_id
            order by sales_cycle_days, opportunity_id
        ) as place,
        count(*) over (partition by period_grain, period_start_date, scope_type, scope_id) as deals_count
    from scoped
)

select
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    {{ safe_divide('sum(sales_cycle_days)', 'count(*)') }} as median_days,
    cast(max(deals_count) as bigint) as sales_cycles_count
from ordered
-- the middle one, or the two around the middle of an even number
where 2 * place between deals_count and deals_count + 2
group by period_grain, period_start_date, scope_type, scope_id
