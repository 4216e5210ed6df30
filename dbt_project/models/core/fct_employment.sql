-- Every employed day of every person belongs to exactly one stretch, so that departments
-- always add up to the company: days without an assignment are `unassigned`.
with employees as (
    select
        employee_id,
        hire_date,
        -- an open end is a far day inside this model, so that ends compare without NULLs
        coalesce(leave_date, cast('9999-12-31' as date)) as last_date
    from {{ ref('dim_employees') }}
),

clipped as (
    select
        employees.employee_id,
        employees.last_date,
        assignments.department,
        assignments.team,
        case
            when assignments.start_date > employees.hire_date then assignments.start_date
            else employees.hire_date
        end as start_date,
        case
            when assignments.end_date < employees.last_date then assignments.end_date
            else employees.last_date
        end as end_date
    from {{ ref('stg_hr__assignments') }} as assignments
    inner join employees on assignments.employee_id = employees.employee_id
),

assigned as (
    select
        employee_id,
        last_date,
        department,
        team,
        start_date,
        end_date,
        lead(start_date) over (partition by employee_id order by start_date) as next_start_date
    from clipped
    where start_date <= end_date
),

first_assigned as (
    select
        employee_id,
        min(start_date) as start_date
    from assigned
    group by employee_id
),

unassigned as (
    select
        employees.employee_id,
        employees.hire_date as start_date,
        coalesce(
            cast({{ dbt.dateadd('day', -1, 'first_assigned.start_date') }} as date), employees.last_date
        ) as end_date
    from employees
    left join first_assigned on employees.employee_id = first_assigned.employee_id
    union all
    select
        employee_id,
        cast({{ dbt.dateadd('day', 1, 'end_date') }} as date) as start_date,
        coalesce(cast({{ dbt.dateadd('day', -1, 'next_start_date') }} as date), last_date) as end_date
    from assigned
    where end_date < last_date
),

stretches as (
    select
        employee_id,
        department,
        team,
        start_date,
        end_date
    from assigned
    union all
    select
        employee_id,
        'unassigned' as department,
        cast(null as varchar) as team,
        start_date,
        end_date
    from unassigned
    where start_date <= end_date
)

select
    stretches.employee_id,
    dim_employees.gender,
    dim_employees.is_leader,
    stretches.department,
    -- so that teams add up to their department wherever it has teams
    case
        when max(stretches.team) over (partition by stretches.department) is not null
            then coalesce(stretches.team, 'unassigned')
    end as team,
    stretches.start_date,
    case when stretches.end_date < cast('9999-12-31' as date) then stretches.end_date end as end_date,
    dim_employees.hire_date,
    dim_employees.leave_date,
    dim_employees.source_system
from stretches
inner join {{ ref('dim_employees') }} as dim_employees on stretches.employee_id = dim_employees.employee_id
