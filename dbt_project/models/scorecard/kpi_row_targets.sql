-- The one target that counts for each value, the nearest: a named period before a standing target, a
-- named scope before all scopes of its type, a named grain before every grain, one that somebody set
-- before a derived one, one for the very period before a part of the year's.
with direct as (
    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        kpi_values.scope_type,
        kpi_values.scope_id,
        kpi_values.last_year_start_date,
        kpi_values.last_year_to_date_value,
        targets.target_id,
        targets.target_kind,
        targets.origin,
        targets.target_value,
        targets.to_date_value,
        targets.target_lower,
        targets.target_upper,
        targets.growth_ratio,
        targets.baseline_value,
        targets.period_start_date is null as is_standing,
        targets.scope_id is null as is_for_all_scopes,
        targets.period_grain is null as is_for_all_grains
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_targets') }} as targets
        on
            kpi_values.kpi_id = targets.kpi_id
            and kpi_values.scope_type = targets.scope_type
            and kpi_values.scope_id = coalesce(targets.scope_id, kpi_values.scope_id)
            and kpi_values.period_grain = coalesce(targets.period_grain, kpi_values.period_grain)
            and kpi_values.period_start_date = coalesce(targets.period_start_date, kpi_values.period_start_date)
    cross join {{ source('audit', 'run_settings') }} as settings
    where
        targets.removed_on is null
        and (
            (
                targets.period_start_date is null
                and targets.valid_from <= kpi_values.period_start_date
                and coalesce(kpi_values.period_start_date < targets.superseded_on, true)
                and coalesce(kpi_values.period_start_date <= targets.valid_to, true)
            )
            or (
                targets.period_start_date is not null
                and targets.valid_from <= settings.as_of_date
                and coalesce(settings.as_of_date < targets.superseded_on, true)
            )
        )
),

settled_values as (
    select * from {{ ref('kpi_values') }}
    where period_status = 'settled'
),

candidates as (
    select
        direct.kpi_id,
        direct.period_grain,
        direct.period_start_date,
        direct.scope_type,
        direct.scope_id,
        direct.target_id,
        case when direct.target_kind = 'value' then direct.origin else direct.target_kind end as target_origin,
        phased.phasing_used,
        case
            when direct.target_kind <> 'growth' then direct.target_value
            else {{ growth_target('last_year.actual_value', 'direct.growth_ratio', 'catalogue.target_phasing') }}
        end as period_target_value,
        direct.target_lower as period_target_lower,
        direct.target_upper as period_target_upper,
        direct.baseline_value as period_baseline_value,
        -- what was due by now, where the days of the target, its budget or last year to the same day say so
        coalesce(
            phased.due_target_value,
            direct.to_date_value,
            case
                when direct.target_kind = 'growth'
                    then {{ growth_target('direct.last_year_to_date_value', 'direct.growth_ratio', 'catalogue.target_phasing') }}
                -- what no days can share out (distinct customers) is due as far as last year had come by then
                when catalogue.target_phasing = 'none' and last_year.actual_value > 0
                    then
                        cast(
                            cast(direct.target_value as double)
                            * cast(direct.last_year_to_date_value as double)
                            / cast(last_year.actual_value as double)
                            as decimal(38, 10)
                        )
            end
        ) as due_target_value,
        phased.due_target_lower,
        phased.due_target_upper,
        phased.due_baseline_value,
        direct.is_standing,
        direct.is_for_all_scopes,
        direct.is_for_all_grains,
        direct.origin <> 'set' as is_derived,
        false as is_part
    from direct
    inner join {{ ref('kpi_catalogue') }} as catalogue on direct.kpi_id = catalogue.kpi_id
    -- left: most targets are not phased
    left join {{ ref('phased_targets') }} as phased
        on
            direct.target_id = phased.target_id
            and direct.scope_id = phased.scope_id
            and direct.period_grain = phased.period_grain
            and direct.period_start_date = phased.period_start_date
    -- left: last year may be missing, and most targets do without
    left join settled_values as last_year
        on
            direct.kpi_id = last_year.kpi_id
            and direct.scope_type = last_year.scope_type
            and direct.scope_id = last_year.scope_id
            and direct.period_grain = last_year.period_grain
            and direct.last_year_start_date = last_year.period_start_date
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        target_id,
        'phased' as target_origin,
        phasing_used,
        period_target_value,
        period_target_lower,
        period_target_upper,
        period_baseline_value,
        due_target_value,
        due_target_lower,
        due_target_upper,
        due_baseline_value,
        false as is_standing,
        is_for_all_scopes,
        false as is_for_all_grains,
        false as is_derived,
        true as is_part
    from {{ ref('phased_targets') }}
    where not is_own_period
),

ranked as (
    select
        candidates.*,
        kpi_values.period_status,
        kpi_values.value_edition_id is not null as is_held,
        kpi_values.period_status = 'open' and catalogue.target_phasing not in ('same', 'none') as is_to_date,
        catalogue.target_phasing,
        catalogue.period_basis,
        {{ dbt.datediff('kpi_values.period_start_date', 'kpi_values.through_date', 'day') }} + 1 as elapsed_days,
        {{ dbt.datediff('kpi_values.period_start_date', 'kpi_values.period_end_date', 'day') }} + 1 as period_days,
        row_number() over (
            partition by
                candidates.kpi_id,
                candidates.period_grain,
                candidates.period_start_date,
                candidates.scope_type,
                candidates.scope_id
            order by
                case when candidates.is_standing then 1 else 0 end,
                case when candidates.is_for_all_scopes then 1 else 0 end,
                case when candidates.is_for_all_grains then 1 else 0 end,
                case when candidates.is_derived then 1 else 0 end,
                case when candidates.is_part then 1 else 0 end
        ) as choice
    from candidates
    inner join {{ ref('kpi_values') }} as kpi_values
        on
            candidates.kpi_id = kpi_values.kpi_id
            and candidates.period_grain = kpi_values.period_grain
            and candidates.period_start_date = kpi_values.period_start_date
            and candidates.scope_type = kpi_values.scope_type
            and candidates.scope_id = kpi_values.scope_id
    inner join {{ ref('kpi_catalogue') }} as catalogue on candidates.kpi_id = catalogue.kpi_id
)

-- an open period compares like for like, with the part that was due by now: by the days of the target or
-- of its budget, from last year to the same day where it grows from last year, else by calendar days
select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    target_id,
    target_origin,
    phasing_used,
    period_target_value,
    cast(
        case
            -- whatever the KPI's arithmetic: so far against last year so far, which nobody knows of a held KPI
            when target_origin = 'growth' and period_status = 'open' and (due_target_value is not null or is_held)
                then due_target_value
            when target_phasing = 'none' and period_status = 'open' and period_basis = 'flow' then due_target_value
            else {{ due_target('target_value') }}
        end as decimal(38, 10)
    ) as target_value,
    cast({{ due_target('target_lower') }} as decimal(38, 10)) as target_lower,
    cast({{ due_target('target_upper') }} as decimal(38, 10)) as target_upper,
    cast({{ due_target('baseline_value') }} as decimal(38, 10)) as baseline_value
from ranked
where choice = 1
