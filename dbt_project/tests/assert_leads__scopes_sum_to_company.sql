-- Every lead has one region, one channel and one campaign (or unassigned), so in every period each of
-- the three sums to the company.
with sums as (
    select
        period_grain,
        period_start_date,
        scope_type,
        sum(leads_count) as leads_count,
        sum(qualified_count) as qualified_count,
        sum(converted_count) as converted_count
    from {{ ref('metrics_sales__leads_periodic') }}
    group by period_grain, period_start_date, scope_type
)

select
    company.period_grain,
    company.period_start_date,
    parts.scope_type,
    company.leads_count,
    parts.leads_count as parts_leads_count
from sums as company
inner join sums as parts
    on
        company.period_grain = parts.period_grain
        and company.period_start_date = parts.period_start_date
where
    company.scope_type = 'company'
    and (
        company.leads_count <> parts.leads_count
        or company.qualified_count <> parts.qualified_count
        or company.converted_count <> parts.converted_count
    )
