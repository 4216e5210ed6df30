-- Every line has exactly one customer segment, so in every period they sum to the company, to the cent.
with sums as (
    select
        period_grain,
        period_start_date,
        coalesce(sum(case when scope_type = 'company' then revenue_amount end), 0) as company_amount,
        coalesce(sum(case when scope_type = 'customer_segment' then revenue_amount end), 0) as parts_amount
    from {{ ref('metrics_sales__order_lines_periodic') }}
    group by period_grain, period_start_date
)

select *
from sums
where company_amount <> parts_amount
