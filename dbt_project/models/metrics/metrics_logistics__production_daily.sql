select
    finished_date,
    warehouse,
    product_category,
    count(production_order_id) as finished_count,
    cast(sum(cycle_days) as bigint) as cycle_days_sum,
    -- cost and units of the orders that record both: units without their cost would make the others look cheap
    cast(sum(case when produced_quantity is not null then cost_amount end) as decimal(38, 4)) as cost_amount,
    cast(sum(case when cost_amount is not null then produced_quantity end) as decimal(38, 4)) as costed_quantity
from {{ ref('fct_production_orders') }}
where finished_date is not null
group by finished_date, warehouse, product_category
