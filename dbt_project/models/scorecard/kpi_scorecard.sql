-- From actual and target to a status, by the rules of the scoring page (docs/scoring.md), computed
-- once here for every KPI. Each CTE adds the columns that the next one needs.
with settings as (
    select
        edition_id,
        as_of_date
    from {{ source('audit', 'run_settings') }}
),

facts as (
    select
        kpi_values.*,
        catalogue.direction,
        catalogue.benchmark_value,
        evidence.quality_status,
        evidence.checks_evaluated,
        evidence.checks_failed,
        -- of a held KPI what stands behind the figure that is shown, not behind tonight's
        case
            when kpi_values.value_edition_id is not null then kpi_values.value_data_as_of
            else evidence.data_as_of
        end as data_as_of,
        case
            when kpi_values.value_edition_id is not null then kpi_values.value_input_row_count
            else evidence.input_row_count
        end as input_row_count,
        case
            when kpi_values.value_edition_id is not null then kpi_values.value_definition_hash
            else evidence.definition_hash
        end as definition_hash,
        evidence.held_since,
        evidence.held_check,
        evidence.quality_status = 'held' as is_held,
        -- what happened so far, ratios of it included, must not be set against the whole of another period
        kpi_values.period_status = 'open' and catalogue.period_basis = 'flow' as is_so_far,
        targets.period_target_value,
        targets.target_value,
        targets.target_lower,
        targets.target_upper,
        targets.baseline_value,
        targets.target_id,
        targets.target_origin,
        targets.phasing_used,
        coalesce(own_tolerances.on_track_tolerance, default_tolerances.on_track_tolerance) as on_track_tolerance,
        coalesce(own_tolerances.at_risk_tolerance, default_tolerances.at_risk_tolerance) as at_risk_tolerance
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalogue') }} as catalogue on kpi_values.kpi_id = catalogue.kpi_id
    inner join {{ ref('kpi_evidence') }} as evidence on kpi_values.kpi_id = evidence.kpi_id
    -- left: a KPI without a target is shown too
    left join {{ ref('kpi_row_targets') }} as targets
        on
            kpi_values.kpi_id = targets.kpi_id
            and kpi_values.period_grain = targets.period_grain
            and kpi_values.period_start_date = targets.period_start_date
            and kpi_values.scope_type = targets.scope_type
            and kpi_values.scope_id = targets.scope_id
    left join {{ ref('tolerances') }} as own_tolerances on kpi_values.kpi_id = own_tolerances.kpi_id
    inner join {{ ref('tolerances') }} as default_tolerances on default_tolerances.kpi_id = 'default'
),

-- what the value is measured against: the target, or the bound of the band that is nearest to it
compared as (
    select
        *,
        coalesce(target_value, target_lower, target_upper) is not null as has_target,
        case
            when direction <> 'band' then target_value
            when actual_value < target_lower then target_lower
            when actual_value > target_upper then target_upper
            else actual_value
        end as reference_value,
        target_upper - target_lower as band_width
    from facts
),

varied as (
    select
        *,
        -- a held figure is compared with nothing: it may be of another day than the target
        case when has_target and not is_held then actual_value - reference_value end as variance,
        case
            when not has_target or is_held then null
            when direction = 'higher' then actual_value - reference_value
            when direction = 'lower' then reference_value - actual_value
            else -abs(actual_value - reference_value)
        end as favourable_variance
    from compared
),

scored as (
    select
        *,
        case
            when direction = 'band' and variance = 0 then 0
            when reference_value <> 0 then cast(variance as double) / cast(abs(reference_value) as double)
        end as variance_ratio,
        case
            when actual_value is null or not has_target or is_held then null
            when direction = 'band'
                then
                    case
                        when favourable_variance = 0 then 1
                        -- a band open to one side, or of no width, has no scale to fall along
                        when coalesce(band_width, 0) <= 0 then 0
                        else greatest(0, 1 + cast(favourable_variance as double) / cast(band_width as double))
                    end
            when baseline_value is not null and baseline_value <> target_value
                then
                    cast(actual_value - baseline_value as double)
                    / cast(target_value - baseline_value as double)
            when baseline_value is not null then case when favourable_variance >= 0 then 1 else 0 end
            when actual_value <= 0 or target_value <= 0 then null
            when direction = 'higher' then cast(actual_value as double) / cast(target_value as double)
            else cast(target_value as double) / cast(actual_value as double)
        end as progress_ratio,
        favourable_variance >= 0 as is_met,
        -- tolerances are shares of the target, of a band's width for a band; where that is 0 there is none
        case
            when direction = 'band' then coalesce(band_width, 0)
            else abs(target_value)
        end as tolerance_base
    from varied
),

judged as (
    select
        *,
        case
            when is_held then 'held'
            when actual_value is null then 'no_data'
            when not has_target then 'no_target'
            when is_met and period_status = 'settled' then 'achieved'
            when is_met or -favourable_variance <= on_track_tolerance * tolerance_base then 'on_track'
            when -favourable_variance <= at_risk_tolerance * tolerance_base then 'at_risk'
            else 'off_track'
        end as status,
        -- 0 to 10 for every unit of measure: the target is 20/3, the border of at_risk 10/3
        case
            when favourable_variance is null then null
            when at_risk_tolerance * tolerance_base > 0
                then
                    20.0 / 3
                    + 10.0 / 3 * cast(favourable_variance as double)
                    / cast(at_risk_tolerance * tolerance_base as double)
            when favourable_variance > 0 then 10
            when favourable_variance < 0 then 0
            else 20.0 / 3
        end as unclipped_score
    from scored
),

with_history as (
    select
        judged.*,
        case when not judged.is_so_far and not judged.is_held then previous.actual_value end as previous_value,
        case
            when judged.is_held then null
            when judged.period_status = 'open' then judged.last_year_to_date_value
            else last_year.actual_value
        end as last_year_value,
        signals.is_signal,
        signals.signal_rule
    from judged
    -- left: the first periods of a history have no predecessor
    left join {{ ref('kpi_values') }} as previous
        on
            judged.kpi_id = previous.kpi_id
            and judged.period_grain = previous.period_grain
            and judged.previous_period_start_date = previous.period_start_date
            and judged.scope_type = previous.scope_type
            and judged.scope_id = previous.scope_id
    left join {{ ref('kpi_values') }} as last_year
        on
            judged.kpi_id = last_year.kpi_id
            and judged.period_grain = last_year.period_grain
            and judged.last_year_start_date = last_year.period_start_date
            and judged.scope_type = last_year.scope_type
            and judged.scope_id = last_year.scope_id
    -- left: days, years, open periods and single people have no chart
    left join {{ ref('kpi_signals') }} as signals
        on
            judged.kpi_id = signals.kpi_id
            and judged.period_grain = signals.period_grain
            and judged.period_start_date = signals.period_start_date
            and judged.scope_type = signals.scope_type
            and judged.scope_id = signals.scope_id
),

-- Units are compared with their like: not the company, not single people or groups of them by origin,
-- and not what belongs to no unit (docs/decisions/comparing-units.md)
rankable as (
    select
        *,
        actual_value is not null
        and status <> 'held'
        and scope_type not in ('company', 'employee', 'customer', 'ethnic_group', 'role_group')
        and scope_id <> 'unassigned'
        and scope_id not like '% / unassigned'
        -- without a band nobody can tell better from worse
        and (direction <> 'band' or has_target) as is_rankable,
        case direction
            when 'higher' then actual_value
            when 'lower' then -actual_value
            else favourable_variance
        end as merit
    from with_history
),

ranked as (
    select
        *,
        rank() over (
            partition by kpi_id, period_grain, period_start_date, scope_type, is_rankable
            order by merit desc
        ) as place,
        count(*) over (
            partition by kpi_id, period_grain, period_start_date, scope_type, is_rankable
        ) as peers_count
    from rankable
)

select
    ranked.kpi_id,
    ranked.period_grain,
    ranked.period_start_date,
    ranked.scope_type,
    ranked.scope_id,
    ranked.period_end_date,
    ranked.period_status,
    scopes.scope_name,
    ranked.numerator,
    ranked.denominator,
    ranked.actual_value,
    ranked.no_value_reason,
    ranked.target_value,
    ranked.target_lower,
    ranked.target_upper,
    ranked.baseline_value,
    ranked.period_target_value,
    ranked.target_id,
    ranked.target_origin,
    ranked.phasing_used,
    cast(ranked.variance as decimal(38, 10)) as variance,
    cast(ranked.variance_ratio as decimal(38, 10)) as variance_ratio,
    cast(-ranked.variance as decimal(38, 10)) as remaining_to_target,
    cast(ranked.favourable_variance as decimal(38, 10)) as favourable_variance,
    cast(ranked.progress_ratio as decimal(38, 10)) as progress_ratio,
    case
        when ranked.is_held then 'held'
        when ranked.actual_value is null then 'no_data'
        -- a target that grows from last year's value, of which there is none
        when not ranked.has_target and ranked.target_id is not null then 'no_last_year'
        when not ranked.has_target then 'no_target'
        when ranked.variance_ratio is null then 'zero_target'
        when ranked.progress_ratio is null then 'not_positive'
    end as no_comparison_reason,
    ranked.is_met,
    ranked.status,
    cast(
        case
            when ranked.unclipped_score < 0 then 0
            when ranked.unclipped_score > 10 then 10
            else ranked.unclipped_score
        end as decimal(38, 10)
    ) as score,
    ranked.previous_value,
    {{ favourable_change('previous_value') }} as previous_favourable_change,
    ranked.last_year_value,
    {{ favourable_change('last_year_value') }} as last_year_favourable_change,
    case when ranked.period_status = 'open' then 'to_date' else 'whole_period' end as comparison_basis,
    ranked.benchmark_value,
    case when not ranked.is_held then {{ favourable_change('benchmark_value') }} end as benchmark_favourable_change,
    cast(case when ranked.is_rankable and ranked.peers_count > 1 then ranked.place end as bigint) as scope_rank,
    cast(case when ranked.is_rankable and ranked.peers_count > 1 then ranked.peers_count end as bigint)
        as ranked_scopes_count,
    ranked.is_signal,
    ranked.signal_rule,
    ranked.quality_status,
    ranked.checks_evaluated,
    ranked.checks_failed,
    ranked.data_as_of,
    ranked.input_row_count,
    ranked.definition_hash,
    settings.edition_id,
    ranked.held_since,
    ranked.held_check,
    case when ranked.is_held then ranked.value_edition_id else settings.edition_id end as value_edition_id,
    case when ranked.is_held then ranked.value_as_of_date else settings.as_of_date end as value_as_of_date
from ranked
cross join settings
inner join {{ ref('scopes') }} as scopes
    on ranked.scope_type = scopes.scope_type and ranked.scope_id = scopes.scope_id
