-- The scope above, seen from its parts: the mean of the parts' scores, each counting by its coverage, and which part is
-- lowest and highest.
with ranked as (
    select
        scopes.parent_scope_type,
        scopes.parent_scope_id,
        children.*,
        row_number() over (
            partition by
                scopes.parent_scope_type,
                scopes.parent_scope_id,
                children.scope_type,
                children.perspective,
                children.period_grain,
                children.period_start_date
            order by case when children.score is null then 1 else 0 end, children.score, children.scope_id
        ) as rank_from_lowest,
        row_number() over (
            partition by
                scopes.parent_scope_type,
                scopes.parent_scope_id,
                children.scope_type,
                children.perspective,
                children.period_grain,
                children.period_start_date
            order by case when children.score is null then 1 else 0 end asc, children.score desc, children.scope_id asc
        ) as rank_from_highest
    from {{ ref('balanced_scorecard') }} as children
    inner join {{ ref('scopes') }} as scopes
        on children.scope_type = scopes.scope_type and children.scope_id = scopes.scope_id
    where scopes.parent_scope_id is not null
)

select
    parent_scope_type,
    parent_scope_id,
    scope_type,
    perspective,
    period_grain,
    period_start_date,
    period_end_date,
    period_status,
    cast(count(*) as integer) as children_count,
    cast(count(score) as integer) as scored_children_count,
    {{ safe_divide('sum(coverage * score)', 'sum(case when score is not null then coverage end)') }} as score,
    {{ safe_divide('sum(coverage)', 'count(*)') }} as coverage,
    max(case when rank_from_lowest = 1 and score is not null then scope_id end) as lowest_scope_id,
    min(score) as lowest_score,
    max(case when rank_from_highest = 1 and score is not null then scope_id end) as highest_scope_id,
    max(score) as highest_score
from ranked
group by
    parent_scope_type,
    parent_scope_id,
    scope_type,
    perspective,
    period_grain,
    period_start_date,
    period_end_date,
    period_status
