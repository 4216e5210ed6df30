{{ config(meta={'dagster': {'ref': {'name': 'goals'}}}) }}
-- Every goal that the catalogue or a link names stands in goals.csv, and every goal there is served by a KPI: a goal
-- that nothing measures is a wish, and a KPI for a goal that does not exist falls off the strategy map.
with named as (
    select
        goal as goal_id,
        'kpis.csv' as named_in
    from {{ ref('kpis') }}
    union
    select
        from_goal_id as goal_id,
        'goal_links.csv' as named_in
    from {{ ref('goal_links') }}
    union
    select
        to_goal_id as goal_id,
        'goal_links.csv' as named_in
    from {{ ref('goal_links') }}
)

select
    named.goal_id,
    named.named_in,
    'is not in goals.csv' as problem
from named
left join {{ ref('goals') }} as goals on named.goal_id = goals.goal_id
where goals.goal_id is null
union all
select
    goals.goal_id,
    'goals.csv' as named_in,
    'is served by no KPI' as problem
from {{ ref('goals') }} as goals
left join {{ ref('kpis') }} as kpis on goals.goal_id = kpis.goal
where kpis.goal is null
