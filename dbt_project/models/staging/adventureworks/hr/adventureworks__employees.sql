-- The personnel file keeps present employees only, so nobody has a leave date.
select
    cast(businessentityid as varchar) as employee_id,
    case gender when 'F' then 'woman' when 'M' then 'man' else 'other' end as gender,
    hiredate as hire_date,
    cast(null as date) as leave_date
from {{ source('adventureworks', 'employee') }}
