-- Every target that was ever set, and those that follow from the budget and the quotas. Nothing
-- vanishes: a later row supersedes an earlier one for the same KPI, scope, grain and period, and a row
-- that is no longer in the plan stays here with the day it was missed on.
-- period_start_date NULL: a standing target, for every period that starts on or after valid_from.
-- period_grain NULL: for every grain. scope_id NULL: for every scope of the type.
with planned as (
    select
        *,
        cast(null as date) as removed_on
    from {{ source('plan', 'targets') }}
    union all
    select
        company,
        kpi_id,
        scope_type,
        scope_id,
        period_grain,
        period_start_date,
        target_kind,
        target_value,
        target_lower,
        target_upper,
        growth_ratio,
        baseline_value,
        phasing,
        set_by,
        set_on,
        reason,
        valid_from,
        valid_to,
        removed_on
    from {{ source('plan', 'targets_removed') }}
),

set_by_people as (
    select
        planned.kpi_id,
        planned.scope_type,
        planned.scope_id,
        planned.period_grain,
        planned.period_start_date,
        planned.target_kind,
        case
            when planned.target_kind = 'benchmark' then catalogue.benchmark_value
            else planned.target_value
        end as target_value,
        cast(null as decimal(38, 10)) as to_date_value,
        planned.target_lower,
        planned.target_upper,
        planned.growth_ratio,
        planned.baseline_value,
        planned.phasing,
        'set' as origin,
        planned.set_by,
        planned.set_on,
        planned.reason,
        planned.valid_from,
        planned.valid_to,
        planned.removed_on,
        planned.company,
        -- all of its words and figures: a row that was changed in its place is another target
        coalesce(planned.company, '')
        || '|' || planned.target_kind
        || '|' || coalesce(cast(planned.target_value as varchar), '')
        || '|' || coalesce(cast(planned.target_lower as varchar), '')
        || '|' || coalesce(cast(planned.target_upper as varchar), '')
        || '|' || coalesce(cast(planned.growth_ratio as varchar), '')
        || '|' || coalesce(cast(planned.baseline_value as varchar), '')
        || '|' || planned.phasing
        || '|' || planned.set_by
        || '|' || cast(planned.set_on as varchar)
        || '|' || planned.reason
        || '|' || coalesce(cast(planned.valid_to as varchar), '') as content
    from planned
    inner join {{ source('audit', 'run_settings') }} as settings
        on coalesce(planned.company, settings.company) = settings.company
    left join {{ ref('kpi_catalogue') }} as catalogue on planned.kpi_id = catalogue.kpi_id
    where planned.scope_type <> 'employee' or settings.is_employee_scope_allowed
),

tainted as (
    select model_name
    from {{ source('audit', 'tainted_models') }}
),

derived as (
    select
        kpi_id,
        scope_type,
        scope_id,
        period_grain,
        period_start_date,
        target_value,
        to_date_value,
        'budget' as origin,
        'controller' as set_by,
        'Follows from the budget extract.' as reason
    from {{ ref('metrics_finance__budget_targets_periodic') }}
    where 'metrics_finance__budget_targets_periodic' not in (select tainted.model_name from tainted)
    union all
    select
        'revenue_amount' as kpi_id,
        scope_type,
        scope_id,
        period_grain,
        period_start_date,
        whole_quota_amount as target_value,
        quota_amount as to_date_value,
        'quota' as origin,
        'head_of_sales' as set_by,
        'Sum of the quotas of the salespeople of the channel.' as reason
    from {{ ref('metrics_sales__quotas_periodic') }}
    -- a company sells through channels without quotas too, so quotas are a target for their channel only
    where
        scope_type = 'channel'
        and not is_incomplete
        and whole_quota_amount is not null
        and 'metrics_sales__quotas_periodic' not in (select tainted.model_name from tainted)
    union all
    -- a budget that failed tonight sets no target: the last published ones stand
    select
        kpi_id,
        scope_type,
        scope_id,
        period_grain,
        period_start_date,
        target_value,
        to_date_value,
        origin,
        set_by,
        reason
    from {{ source('audit', 'held_targets') }}
),

all_targets as (
    select * from set_by_people
    union all
    select
        kpi_id,
        scope_type,
        scope_id,
        period_grain,
        period_start_date,
        'value' as target_kind,
        target_value,
        to_date_value,
        cast(null as decimal(38, 10)) as target_lower,
        cast(null as decimal(38, 10)) as target_upper,
        cast(null as decimal(38, 10)) as growth_ratio,
        cast(null as decimal(38, 10)) as baseline_value,
        'none' as phasing,
        origin,
        set_by,
        cast(null as date) as set_on,
        reason,
        period_start_date as valid_from,
        cast(null as date) as valid_to,
        cast(null as date) as removed_on,
        cast(null as varchar) as company,
        -- no figures: the budget of a month is the same target when it is revised
        origin as content
    from derived
),

identified as (
    select
        *,
        kpi_id || '-' || substring({{ dbt.hash(
            "scope_type || '|' || coalesce(scope_id, '') || '|' || coalesce(period_grain, '')"
            ~ " || '|' || coalesce(cast(period_start_date as varchar), '')"
            ~ " || '|' || cast(valid_from as varchar) || '|' || content"
        ) }}, 1, 12) as target_id
    from all_targets
),

numbered as (
    select
        *,
        row_number() over (
            partition by kpi_id, scope_type, scope_id, period_grain, period_start_date
            -- a target that somebody set stands above one that was derived; the company's own above that of all, even a
            -- later one
            order by
                case when origin = 'set' then 1 else 0 end,
                case when company is null then 0 else 1 end,
                valid_from,
                set_on nulls first,
                removed_on nulls last,
                target_id
        ) as version
    from identified
)

select
    target_id,
    kpi_id,
    scope_type,
    scope_id,
    period_grain,
    period_start_date,
    cast(version as integer) as version,
    target_kind,
    cast(target_value as decimal(38, 10)) as target_value,
    cast(to_date_value as decimal(38, 10)) as to_date_value,
    cast(target_lower as decimal(38, 10)) as target_lower,
    cast(target_upper as decimal(38, 10)) as target_upper,
    cast(growth_ratio as decimal(38, 10)) as growth_ratio,
    cast(baseline_value as decimal(38, 10)) as baseline_value,
    phasing,
    origin,
    set_by,
    set_on,
    reason,
    valid_from,
    valid_to,
    -- a row that was taken out of the plan supersedes nothing
    min(case when removed_on is null then valid_from end) over (
        partition by kpi_id, scope_type, scope_id, period_grain, period_start_date
        order by version
        rows between 1 following and unbounded following
    ) as superseded_on,
    removed_on
from numbered
