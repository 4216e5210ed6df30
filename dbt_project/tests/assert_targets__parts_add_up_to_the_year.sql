{{ config(
    severity='warn',
    meta={
        'dagster': {'ref': {'name': 'target_reconciliation'}},
        'what_to_do': 'Change the target of a part or of the whole in the plan, or leave it: the difference is shown in target_reconciliation.'
    }
) }}
-- Where people set a year's target for every part, the parts add up to the target of the whole.
select
    kpi_id,
    period_start_date as year,
    parent_scope_id as whole,
    child_scope_type as parts,
    parent_target_value,
    children_target_value,
    difference
from {{ ref('target_reconciliation') }}
where
    period_grain = 'year'
    and is_set_by_people
    and children_with_target_count = children_count
    and difference <> 0
