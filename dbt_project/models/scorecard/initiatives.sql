-- What is being done to reach the objectives.
select
    initiatives.initiative_id,
    initiatives.objective_id,
    objectives.title_en as objective_title_en,
    objectives.title_sv as objective_title_sv,
    initiatives.title_en,
    initiatives.title_sv,
    initiatives.owner_role,
    initiatives.due_date,
    initiatives.state,
    initiatives.due_date < settings.as_of_date and initiatives.state not in ('done', 'stopped') as is_overdue
from {{ source('plan', 'initiatives') }} as initiatives
inner join {{ ref('planned_objectives') }} as objectives on initiatives.objective_id = objectives.objective_id
cross join {{ source('audit', 'run_settings') }} as settings
