-- A day of a category belongs to one market amount: otherwise sums would count it twice.
with following as (
    select
        product_category,
        start_date,
        end_date,
        lead(start_date) over (partition by product_category order by start_date) as next_start_date
    from {{ ref('fct_market_size') }}
)

select
    product_category,
    start_date,
    end_date,
    next_start_date
from following
where end_date < start_date or next_start_date <= end_date
