-- A customer has one segment, so the segments' customers, lost customers and gross profit add up to the
-- company's in every period; and nobody is lost who was no customer.
with segments as (
    select
        period_grain,
        period_start_date,
        sum(period_start_customers_count) as period_start_customers_count,
        sum(period_lost_customers_count) as period_lost_customers_count,
        sum(year_customers_count) as year_customers_count,
        sum(year_gross_profit_amount) as year_gross_profit_amount,
        sum(year_before_customers_count) as year_before_customers_count,
        sum(year_lost_customers_count) as year_lost_customers_count
    from {{ ref('metrics_sales__customer_cohorts_periodic') }}
    where scope_type = 'customer_segment'
    group by period_grain, period_start_date
)

select
    company.period_grain,
    company.period_start_date,
    company.period_start_customers_count,
    company.period_lost_customers_count,
    company.year_customers_count,
    company.year_before_customers_count,
    company.year_lost_customers_count
from {{ ref('metrics_sales__customer_cohorts_periodic') }} as company
left join segments
    on
        company.period_grain = segments.period_grain
        and company.period_start_date = segments.period_start_date
where
    company.scope_type = 'company'
    and (
        segments.period_start_date is null
        or company.period_start_customers_count <> segments.period_start_customers_count
        or company.period_lost_customers_count <> segments.period_lost_customers_count
        or company.year_customers_count <> segments.year_customers_count
        or company.year_gross_profit_amount <> segments.year_gross_profit_amount
        or company.year_before_customers_count <> segments.year_before_customers_count
        or company.year_lost_customers_count <> segments.year_lost_customers_count
        or company.period_lost_customers_count > company.period_start_customers_count
        or company.year_lost_customers_count > company.year_before_customers_count
    )
