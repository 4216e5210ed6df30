-- Every target that was ever set, and those that follow from the budget and the quotas. Nothing is
-- deleted: a later row supersedes an earlier one for the same KPI, scope, grain and period.
-- period_start_date NULL: a standing target, for every period that starts on or after valid_from.
-- period_grain NULL: for every grain. scope_id NULL: for every scope of the type.
with settings as (
    select
        as_of_date,
        company
    from {{ source('audit', 'run_settings') }}
),

set_by_people as (
    select
        targets.kpi_id,
        targets.scope_type,
        targets.scope_id,
        targets.period_grain,
        targets.period_start_date,
        targets.target_value,
        cast(null as decimal(38, 10)) as to_date_value,
        targets.target_lower,
        targets.target_upper,
        targets.baseline_value,
        'set' as origin,
        targets.set_by,
        targets.set_on,
        targets.reason,
        targets.valid_from
    from {{ source('plan', 'targets') }} as targets
    inner join settings on coalesce(targets.company, settings.company) = settings.company
),

from_budget as (
    select
        kpi_id,
        scope_type,
        scope_id,
        period_grain,
        period_start_date,
        target_value,
        to_date_value,
        cast(null as decimal(38, 10)) as target_lower,
        cast(null as decimal(38, 10)) as target_upper,
        cast(null as decimal(38, 10)) as baseline_value,
        'budget' as origin,
        'controller' as set_by,
        cast(null as date) as set_on,
        'Follows from the budget extract.' as reason,
        period_start_date as valid_from
    from {{ ref('metrics_finance__budget_targets_periodic') }}
),

from_quotas as (
    select
        'revenue_amount' as kpi_id,
        scope_type,
        scope_id,
        period_grain,
        period_start_date,
        whole_quota_amount as target_value,
        quota_amount as to_date_value,
        cast(null as decimal(38, 10)) as target_lower,
        cast(null as decimal(38, 10)) as target_upper,
        cast(null as decimal(38, 10)) as baseline_value,
        'quota' as origin,
        'head_of_sales' as set_by,
        cast(null as date) as set_on,
        'Sum of the quotas of the salespeople of the channel.' as reason,
        period_start_date as valid_from
    from {{ ref('metrics_sales__quotas_periodic') }}
    -- a company sells through channels without quotas too, so quotas are a target for their channel only
    where scope_type = 'channel' and not is_incomplete and whole_quota_amount is not null
),

all_targets as (
    select * from set_by_people
    union all
    select * from from_budget
    union all
    select * from from_quotas
)

select
    all_targets.kpi_id,
    all_targets.scope_type,
    all_targets.scope_id,
    all_targets.period_grain,
    all_targets.period_start_date,
    cast(
        row_number() over (
            partition by
                all_targets.kpi_id,
                all_targets.scope_type,
                all_targets.scope_id,
                all_targets.period_grain,
                all_targets.period_start_date
            -- a target that somebody set stands above one that was derived
            order by
                case when all_targets.origin = 'set' then 1 else 0 end,
                all_targets.valid_from,
                all_targets.set_on nulls first
        ) as integer
    ) as version,
    cast(all_targets.target_value as decimal(38, 10)) as target_value,
    cast(all_targets.to_date_value as decimal(38, 10)) as to_date_value,
    cast(all_targets.target_lower as decimal(38, 10)) as target_lower,
    cast(all_targets.target_upper as decimal(38, 10)) as target_upper,
    cast(all_targets.baseline_value as decimal(38, 10)) as baseline_value,
    all_targets.origin,
    all_targets.set_by,
    all_targets.set_on,
    all_targets.reason,
    all_targets.valid_from
from all_targets
