-- Every line has one salesperson or none, so in every period the employees sum to what the company's
-- salespeople sold, and there are as many of them as the company counts.
with sums as (
    select
        period_grain,
        period_start_date,
        sum(case when scope_type = 'company' then salespeople_revenue_amount end) as company_amount,
        sum(case when scope_type = 'employee' then revenue_amount end) as employees_amount,
        sum(case when scope_type = 'company' then salespeople_count end) as company_count,
        sum(case when scope_type = 'employee' then 1 else 0 end) as employees_count
    from {{ ref('metrics_sales__order_lines_periodic') }}
    group by period_grain, period_start_date
)

select *
from sums
where
    coalesce(company_amount, 0) <> coalesce(employees_amount, 0)
    or company_count <> employees_count
