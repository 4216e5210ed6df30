-- Every opportunity has one region and one channel, so at every period's end both sum to the company,
-- weighted to the last decimal.
with sums as (
    select
        period_grain,
        period_start_date,
        scope_type,
        sum(pipeline_amount) as pipeline_amount,
        sum(weighted_pipeline_amount) as weighted_pipeline_amount,
        sum(open_opportunities_count) as open_opportunities_count
    from {{ ref('metrics_sales__pipeline_periodic') }}
    where scope_type in ('company', 'region', 'channel')
    group by period_grain, period_start_date, scope_type
)

select
    company.period_grain,
    company.period_start_date,
    parts.scope_type,
    company.pipeline_amount,
    parts.pipeline_amount as parts_pipeline_amount
from sums as company
inner join sums as parts
    on
        company.period_grain = parts.period_grain
        and company.period_start_date = parts.period_start_date
where
    company.scope_type = 'company'
    and (
        company.pipeline_amount <> parts.pipeline_amount
        or company.weighted_pipeline_amount <> parts.weighted_pipeline_amount
        or company.open_opportunities_count <> parts.open_opportunities_count
    )
