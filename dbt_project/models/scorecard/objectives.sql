-- Objectives with the weighted mean of their key results, and of everything that serves them. A key result without a
-- score lowers the coverage and never counts as zero.
with own as (
    select
        objective_id,
        count(*) as key_results_count,
        count(score) as scored_key_results_count,
        max(case when status = 'held' then 1 else 0 end) as held_flag,
        {{ safe_divide('sum(weight * score)', 'sum(case when score is not null then weight end)') }} as score,
        {{ safe_divide('sum(case when score is not null then weight else 0 end)', 'sum(weight)') }} as coverage,
        {{ safe_divide(
            'sum(case when score is not null then weight * expected_progress end)',
            'sum(case when score is not null then weight end)',
        ) }} as expected_progress
    from {{ ref('key_results') }}
    group by objective_id
),

scored as (
    select
        objectives.*,
        parents.objective_id as shown_parent_objective_id,
        coalesce(own.key_results_count, 0) as key_results_count,
        coalesce(own.scored_key_results_count, 0) as scored_key_results_count,
        own.score,
        coalesce(own.held_flag, 0) as held_flag,
        coalesce(own.coverage, 0) as coverage,
        -- that of the key results which the score is made of; where there is none, that of the objective
        coalesce(own.expected_progress, objectives.elapsed_share) as expected_progress
    from {{ ref('planned_objectives') }} as objectives
    -- left: an objective of a person is not shown to everybody, one that serves it still is
    left join {{ ref('planned_objectives') }} as parents on objectives.parent_objective_id = parents.objective_id
    -- left: an objective without key results is shown too
    left join own on objectives.objective_id = own.objective_id
),

-- each part rounded before it is added, so that the order of adding changes nothing
parts as (
    select
        shares.top_objective_id,
        scored.held_flag,
        cast(shares.own_share * cast(scored.coverage as double) as decimal(38, 15)) as coverage,
        cast(shares.own_share * cast(scored.coverage * scored.score as double) as decimal(38, 15)) as score,
        cast(shares.own_share * cast(scored.coverage * scored.expected_progress as double) as decimal(38, 15))
            as expected_progress
    from {{ ref('objective_shares') }} as shares
    inner join scored on shares.objective_id = scored.objective_id
),

rolled_up as (
    select
        top_objective_id,
        max(held_flag) as held_flag,
        cast(sum(coverage) as decimal(38, 10)) as coverage,
        {{ safe_divide('sum(score)', 'sum(coverage)') }} as score,
        {{ safe_divide('sum(expected_progress)', 'sum(coverage)') }} as expected_progress
    from parts
    group by top_objective_id
),

serving as (
    select
        parent_objective_id,
        count(*) as serving_objectives_count
    from {{ ref('planned_objectives') }}
    group by parent_objective_id
)

select
    scored.objective_id,
    scored.framework,
    scored.shown_parent_objective_id as parent_objective_id,
    scored.weight,
    scored.scope_type,
    scored.scope_id,
    scored.title_en,
    scored.title_sv,
    scored.owner_role,
    scored.period_start_date,
    scored.period_end_date,
    scored.period_status,
    cast(scored.key_results_count as integer) as key_results_count,
    cast(scored.scored_key_results_count as integer) as scored_key_results_count,
    scored.score,
    scored.coverage,
    scored.expected_progress,
    case
        -- all that could score is held
        when scored.score is null and scored.held_flag = 1 then 'held'
        else {{ progress_status('scored.score', 'scored.expected_progress', "scored.period_status = 'settled'") }}
    end as status,
    cast(coalesce(serving.serving_objectives_count, 0) as integer) as serving_objectives_count,
    rolled_up.score as rolled_up_score,
    rolled_up.coverage as rolled_up_coverage,
    coalesce(rolled_up.expected_progress, scored.elapsed_share) as rolled_up_expected_progress,
    case
        when rolled_up.score is null and rolled_up.held_flag = 1 then 'held'
        else {{ progress_status(
            'rolled_up.score',
            'coalesce(rolled_up.expected_progress, scored.elapsed_share)',
            "scored.period_status = 'settled'",
        ) }}
    end as rolled_up_status
from scored
inner join rolled_up on scored.objective_id = rolled_up.top_objective_id
left join serving on scored.objective_id = serving.parent_objective_id
