-- The personnel file keeps present employees only, so nobody has a leave date.
select
    cast(businessentityid as varchar) as employee_id,
    case gender when 'F' then 'woman' when 'M' then 'man' else 'other' end as gender,
    hiredate as hire_date,
    cast(null as date) as leave_date,
    cast(null as varchar) as role,
    cast(null as varchar) as ethnic_group,
    cast(null as boolean) as is_leader
from {{ source('adventureworks', 'employee') }}
