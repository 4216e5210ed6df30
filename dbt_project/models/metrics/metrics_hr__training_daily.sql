select
    training_date,
    department,
    cast(sum(hours) as decimal(38, 2)) as training_hours,
    cast(sum(cost_amount) as decimal(38, 4)) as training_cost_amount
from {{ ref('fct_training') }}
-- per employee means of employees: a course after the last day, or of hired-in staff, is not theirs
where department is not null
group by training_date, department
