-- The personnel file keeps present employees only, so nobody has a leave date.
select
    cast(businessentityid as varchar) as employee_id,
    case gender when 'F' then 'woman' when 'M' then 'man' else 'other' end as gender,
    hiredate as hire_date,
    cast(null as date) as leave_date,
    jobtitle as role,
    cast(null as varchar) as ethnic_group,
    -- titles, not the level in the organisation: docs/decisions/adventureworks-teams-and-leaders.md
    jobtitle like 'Chief %'
    or jobtitle like 'Vice President %'
    or jobtitle like '%Manager'
    or jobtitle like '%Supervisor%' as is_leader
from {{ source('adventureworks', 'employee') }}
