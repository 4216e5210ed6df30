{{ config(meta={'dagster': {'ref': {'name': 'strategy_map'}}}) }}
-- What people learn carries the processes, they carry the customers, those the finances: a goal serves one of its own
-- perspective or of a later one, and never itself by a way around.
with recursive perspective_order as (
    select
        'learning_growth' as perspective,
        1 as place
    union all
    select
        'internal_process' as perspective,
        2 as place
    union all
    select
        'customer' as perspective,
        3 as place
    union all
    select
        'financial' as perspective,
        4 as place
),

links as (
    select
        from_id,
        to_goal_id,
        from_perspective,
        to_perspective
    from {{ ref('strategy_map') }}
    where from_type = 'goal'
),

-- no way without a circle is longer than there are goals
walk as (
    select
        from_id,
        to_goal_id,
        1 as steps
    from links
    union
    select
        walk.from_id,
        links.to_goal_id,
        walk.steps + 1 as steps
    from walk
    inner join links on walk.to_goal_id = links.from_id
    where walk.from_id <> walk.to_goal_id and walk.steps < (select count(*) from {{ ref('goals') }})
)

select
    links.from_id,
    links.to_goal_id,
    'leads backwards' as problem
from links
inner join perspective_order as origin on links.from_perspective = origin.perspective
inner join perspective_order as destination on links.to_perspective = destination.perspective
where origin.place > destination.place
union all
select distinct
    from_id,
    to_goal_id,
    'serves itself' as problem
from walk
where from_id = to_goal_id
