-- The one target that counts for each value: a named period before a standing target, a named scope
-- before all scopes of its type, a named grain before every grain, then the newest version.
with settings as (
    select as_of_date from {{ source('audit', 'run_settings') }}
),

candidates as (
    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        kpi_values.scope_type,
        kpi_values.scope_id,
        kpi_values.period_status,
        kpi_values.period_end_date,
        kpi_values.through_date,
        catalogue.additivity,
        catalogue.period_basis,
        targets.target_value,
        targets.to_date_value,
        targets.target_lower,
        targets.target_upper,
        targets.baseline_value,
        row_number() over (
            partition by
                kpi_values.kpi_id,
                kpi_values.period_grain,
                kpi_values.period_start_date,
                kpi_values.scope_type,
                kpi_values.scope_id
            order by
                case when targets.period_start_date is null then 1 else 0 end,
                case when targets.scope_id is null then 1 else 0 end,
                case when targets.period_grain is null then 1 else 0 end,
                case when targets.origin = 'set' then 0 else 1 end,
                targets.valid_from desc,
                targets.version desc
        ) as choice
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalogue') }} as catalogue on kpi_values.kpi_id = catalogue.kpi_id
    inner join {{ ref('kpi_targets') }} as targets
        on
            kpi_values.kpi_id = targets.kpi_id
            and kpi_values.scope_type = targets.scope_type
            and kpi_values.scope_id = coalesce(targets.scope_id, kpi_values.scope_id)
            and kpi_values.period_grain = coalesce(targets.period_grain, kpi_values.period_grain)
            and kpi_values.period_start_date = coalesce(targets.period_start_date, kpi_values.period_start_date)
    cross join settings
    where
        (targets.period_start_date is null and targets.valid_from <= kpi_values.period_start_date)
        or (targets.period_start_date is not null and targets.valid_from <= settings.as_of_date)
),

chosen as (
    select
        *,
        period_status = 'open' and additivity = 'additive' and period_basis = 'flow' as is_to_date,
        {{ dbt.datediff('period_start_date', 'through_date', 'day') }} + 1 as elapsed_days,
        {{ dbt.datediff('period_start_date', 'period_end_date', 'day') }} + 1 as period_days
    from candidates
    where choice = 1
)

-- an open period compares like for like: the part of an amount that was due by now, to the cent
select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    target_value as period_target_value,
    case
        when is_to_date and to_date_value is not null then to_date_value
        when is_to_date then cast(cast(target_value * elapsed_days / period_days as decimal(38, 2)) as decimal(38, 10))
        else target_value
    end as target_value,
    case
        when is_to_date then cast(cast(target_lower * elapsed_days / period_days as decimal(38, 2)) as decimal(38, 10))
        else target_lower
    end as target_lower,
    case
        when is_to_date then cast(cast(target_upper * elapsed_days / period_days as decimal(38, 2)) as decimal(38, 10))
        else target_upper
    end as target_upper,
    baseline_value
from chosen
