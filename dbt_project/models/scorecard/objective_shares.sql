-- How much each objective below an objective counts in it. An objective's own key results together weigh 1 in it, each
-- objective that serves it weighs its `weight`; the shares of what lies deeper multiply. The plan refuses circles and
-- more than five levels.
with recursive own as (
    select
        objectives.objective_id,
        objectives.parent_objective_id,
        objectives.weight,
        case when count(key_results.key_result_id) > 0 then 1 else 0 end as own_weight
    from {{ ref('planned_objectives') }} as objectives
    -- left: an objective may have none, and be reached by those that serve it
    left join {{ ref('key_results') }} as key_results on objectives.objective_id = key_results.objective_id
    group by objectives.objective_id, objectives.parent_objective_id, objectives.weight
),

served as (
    select
        parent_objective_id,
        sum(weight) as serving_weight
    from own
    group by parent_objective_id
),

totals as (
    select
        own.*,
        own.own_weight + coalesce(served.serving_weight, 0) as total_weight
    from own
    left join served on own.objective_id = served.parent_objective_id
),

walk as (
    select
        objective_id as top_objective_id,
        objective_id,
        1 as level,
        own_weight,
        total_weight,
        cast(1 as decimal(38, 15)) as share
    from totals
    union all
    select
        walk.top_objective_id,
        totals.objective_id,
        walk.level + 1 as level,
        totals.own_weight,
        totals.total_weight,
        cast(
            cast(walk.share as double) * cast(totals.weight as double) / cast(walk.total_weight as double)
            as decimal(38, 15)
        ) as share
    from walk
    inner join totals on walk.objective_id = totals.parent_objective_id
    where walk.level < 5
)

select
    top_objective_id,
    objective_id,
    level,
    cast(
        case
            when total_weight > 0
                then cast(share as double) * cast(own_weight as double) / cast(total_weight as double)
            -- nothing to measure it by: it is missing as a whole
            else cast(share as double)
        end as decimal(38, 15)
    ) as own_share
from walk
