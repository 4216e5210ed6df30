-- No two stretches of one employee overlap: whoever stands in two departments is counted twice.
with stretches as (
    select
        employee_id,
        start_date,
        coalesce(end_date, cast('9999-12-31' as date)) as end_date,
        lead(start_date) over (partition by employee_id order by start_date) as next_start_date
    from {{ ref('fct_employment') }}
)

select
    employee_id,
    start_date,
    end_date,
    next_start_date
from stretches
where next_start_date <= end_date
