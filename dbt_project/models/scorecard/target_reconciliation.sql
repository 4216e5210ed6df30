-- Whether the targets of the parts add up to the target of the whole: amounts and counts only, where the
-- whole and at least one part has a target. Employees, customers and campaigns come and go and never make
-- up the whole, and single days are not planned for, so these stand out of it.
with targeted as (
    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        kpi_values.scope_type,
        kpi_values.scope_id,
        row_targets.period_target_value,
        coalesce(row_targets.target_origin in ('budget', 'quota'), false) as is_derived
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalogue') }} as catalogue on kpi_values.kpi_id = catalogue.kpi_id
    -- left: a part without a target is counted too
    left join {{ ref('kpi_row_targets') }} as row_targets
        on
            kpi_values.kpi_id = row_targets.kpi_id
            and kpi_values.period_grain = row_targets.period_grain
            and kpi_values.period_start_date = row_targets.period_start_date
            and kpi_values.scope_type = row_targets.scope_type
            and kpi_values.scope_id = row_targets.scope_id
    where
        catalogue.target_phasing = 'adds_up'
        and kpi_values.period_grain <> 'day'
        and kpi_values.scope_type not in ('employee', 'customer', 'campaign')
),

parts as (
    select
        targeted.kpi_id,
        targeted.period_grain,
        targeted.period_start_date,
        scopes.parent_scope_type,
        scopes.parent_scope_id,
        targeted.scope_type as child_scope_type,
        sum(targeted.period_target_value) as children_target_value,
        count(*) as children_count,
        count(targeted.period_target_value) as children_with_target_count,
        max(case when targeted.is_derived then 1 else 0 end) as derived_flag
    from targeted
    inner join {{ ref('scopes') }} as scopes
        on targeted.scope_type = scopes.scope_type and targeted.scope_id = scopes.scope_id
    group by
        targeted.kpi_id,
        targeted.period_grain,
        targeted.period_start_date,
        scopes.parent_scope_type,
        scopes.parent_scope_id,
        targeted.scope_type
    having count(targeted.period_target_value) > 0
)

select
    parts.kpi_id,
    parts.period_grain,
    parts.period_start_date,
    parts.parent_scope_type,
    parts.parent_scope_id,
    parts.child_scope_type,
    cast(wholes.period_target_value as decimal(38, 10)) as parent_target_value,
    cast(parts.children_target_value as decimal(38, 10)) as children_target_value,
    cast(parts.children_target_value - wholes.period_target_value as decimal(38, 10)) as difference,
    parts.children_count,
    parts.children_with_target_count,
    parts.children_with_target_count = parts.children_count
    and parts.children_target_value = wholes.period_target_value as is_reconciled,
    parts.derived_flag = 0 and not wholes.is_derived as is_set_by_people
from parts
inner join targeted as wholes
    on
        parts.kpi_id = wholes.kpi_id
        and parts.period_grain = wholes.period_grain
        and parts.period_start_date = wholes.period_start_date
        and parts.parent_scope_type = wholes.scope_type
        and parts.parent_scope_id = wholes.scope_id
where wholes.period_target_value is not null
