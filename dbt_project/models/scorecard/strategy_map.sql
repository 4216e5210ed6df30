-- Which KPI serves which goal, and which goal serves which.
select
    'kpi' as from_type,
    catalogue.kpi_id as from_id,
    catalogue.title_en as from_title_en,
    catalogue.title_sv as from_title_sv,
    catalogue.perspective as from_perspective,
    goals.goal_id as to_goal_id,
    goals.title_en as to_title_en,
    goals.title_sv as to_title_sv,
    goals.perspective as to_perspective,
    'serves' as relation,
    catalogue.description_en as reason_en,
    catalogue.description_sv as reason_sv
from {{ ref('kpi_catalogue') }} as catalogue
inner join {{ ref('goals') }} as goals on catalogue.goal = goals.goal_id
union all
select
    'goal' as from_type,
    goals.goal_id as from_id,
    goals.title_en as from_title_en,
    goals.title_sv as from_title_sv,
    goals.perspective as from_perspective,
    served_goals.goal_id as to_goal_id,
    served_goals.title_en as to_title_en,
    served_goals.title_sv as to_title_sv,
    served_goals.perspective as to_perspective,
    'serves' as relation,
    links.reason_en,
    links.reason_sv
from {{ ref('goal_links') }} as links
inner join {{ ref('goals') }} as goals on links.from_goal_id = goals.goal_id
inner join {{ ref('goals') }} as served_goals on links.to_goal_id = served_goals.goal_id
