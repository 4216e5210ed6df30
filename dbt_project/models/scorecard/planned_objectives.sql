-- The objectives of the company. Those of a single person are there only where the company allows results of single
-- people (docs/decisions/sales-by-person.md).
select
    objectives.objective_id,
    objectives.framework,
    objectives.parent_objective_id,
    objectives.weight,
    objectives.scope_type,
    objectives.scope_id,
    objectives.title_en,
    objectives.title_sv,
    objectives.owner_role,
    objectives.period_start_date,
    objectives.period_end_date,
    case when settings.as_of_date < objectives.period_end_date then 'open' else 'settled' end as period_status,
    -- the as-of day has passed, as in kpi_row_targets
    cast(
        case
            when settings.as_of_date < objectives.period_start_date then 0
            else
                cast(
                    {{ dbt.datediff('objectives.period_start_date', 'least(objectives.period_end_date, settings.as_of_date)', 'day') }}
                    + 1 as double
                ) / ({{ dbt.datediff('objectives.period_start_date', 'objectives.period_end_date', 'day') }} + 1)
        end as decimal(38, 10)
    ) as elapsed_share
from {{ source('plan', 'objectives') }} as objectives
cross join {{ source('audit', 'run_settings') }} as settings
where
    coalesce(objectives.company, settings.company) = settings.company
    and (objectives.scope_type <> 'employee' or settings.is_employee_scope_allowed)
