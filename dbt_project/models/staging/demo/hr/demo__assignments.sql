select
    assignments.employee_id,
    coalesce(departments.department_name, 'unassigned') as department,
    teams.team_name as team,
    assignments.start_date,
    assignments.end_date
from {{ source('demo', 'assignments') }} as assignments
-- left, both: a person in an unknown department is still employed
left join {{ source('demo', 'departments') }} as departments
    on assignments.department_id = departments.department_id
left join {{ source('demo', 'teams') }} as teams on assignments.team_id = teams.team_id
