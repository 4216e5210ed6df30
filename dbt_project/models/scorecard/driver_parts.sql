-- What each part of the company did to the whole, by the rules of docs/decisions/drivers.md, before rounding is settled.
-- A type of part counts only where its parts are the whole: their numerators and denominators add up to it, on both
-- sides of the comparison.
with wholes as (
    select
        *,
        denominator is not null as is_ratio
    from {{ ref('driver_values') }}
    where scope_type = 'company'
),

parts as (
    select
        parts.*,
        wholes.is_ratio,
        wholes.numerator as whole_numerator,
        wholes.denominator as whole_denominator,
        wholes.actual_value as whole_value,
        wholes.base_numerator as whole_base_numerator,
        wholes.base_denominator as whole_base_denominator,
        case when parts.direction <> 'band' then parts.base_value end as own_target_value
    from {{ ref('driver_values') }} as parts
    inner join wholes
        on
            parts.kpi_id = wholes.kpi_id
            and parts.period_grain = wholes.period_grain
            and parts.period_start_date = wholes.period_start_date
            and parts.compared_with = wholes.compared_with
    -- left: most KPIs have no dimension in which they do not add up
    left join {{ ref('kpis_without_drivers') }} as exceptions
        on parts.kpi_id = exceptions.kpi_id and parts.scope_type = exceptions.scope_type
    where parts.scope_type <> 'company' and exceptions.kpi_id is null
),

sums as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type,
        is_ratio,
        count(numerator) as parts_count,
        count(case when compared_with = 'target' then own_target_value end) as targets_count,
        abs(sum(coalesce(numerator, 0)) - max(whole_numerator)) as missing_numerator,
        abs(sum(coalesce(denominator, 0)) - max(whole_denominator)) as missing_denominator,
        abs(sum(coalesce(base_numerator, 0)) - max(whole_base_numerator)) as missing_base_numerator,
        abs(sum(coalesce(base_denominator, 0)) - max(whole_base_denominator)) as missing_base_denominator,
        -- stored numerators are rounded, so those of parts may differ from the whole's in the last places
        0.000000001 * greatest(1, max(abs(cast(whole_numerator as double)))) as numerator_rounding,
        0.000000001 * greatest(1, max(abs(cast(whole_denominator as double)))) as denominator_rounding,
        0.000000001 * greatest(1, max(abs(cast(whole_base_numerator as double)))) as base_numerator_rounding,
        0.000000001 * greatest(1, max(abs(cast(whole_base_denominator as double)))) as base_denominator_rounding,
        max(
            abs(
                cast(whole_value as double)
                - case when whole_denominator <> 0 then cast(whole_numerator as double) / cast(whole_denominator as double) end
            )
        ) as distance_from_quotient,
        max(
            abs(
                cast(start_value as double)
                - case
                    when whole_base_denominator <> 0
                        then cast(whole_base_numerator as double) / cast(whole_base_denominator as double)
                end
            )
        ) as base_distance_from_quotient,
        max(0.000000001 * greatest(1, abs(cast(whole_value as double)), abs(cast(start_value as double))))
            as quotient_rounding
    from parts
    group by kpi_id, period_grain, period_start_date, compared_with, scope_type, is_ratio
),

whole_dimensions as (
    select *
    from sums
    where
        parts_count > 0
        and case
            when not is_ratio
                then
                    missing_numerator = 0
                    and case
                        when compared_with = 'target' then targets_count > 0
                        else missing_base_numerator = 0
                    end
            else
                missing_numerator <= numerator_rounding
                and missing_denominator <= denominator_rounding
                and distance_from_quotient <= quotient_rounding
                and (
                    compared_with = 'target'
                    or (
                        missing_base_numerator <= base_numerator_rounding
                        and missing_base_denominator <= base_denominator_rounding
                        and base_distance_from_quotient <= quotient_rounding
                    )
                )
        end
),

counted as (
    select
        parts.*,
        -- what a part without a target of its own is measured against
        coalesce(parts.own_target_value, parts.start_value) as yardstick,
        cast(coalesce(parts.numerator, 0) as double) / nullif(cast(parts.whole_denominator as double), 0) as per_whole,
        cast(coalesce(parts.base_numerator, 0) as double) / nullif(cast(parts.whole_base_denominator as double), 0) as base_per_whole,
        cast(coalesce(parts.denominator, 0) as double) / nullif(cast(parts.whole_denominator as double), 0) as share,
        cast(coalesce(parts.base_denominator, 0) as double) / nullif(cast(parts.whole_base_denominator as double), 0) as base_share,
        case when parts.denominator > 0 then cast(parts.numerator as double) / cast(parts.denominator as double) end
            as rate,
        case
            when parts.base_denominator > 0 then cast(parts.base_numerator as double) / cast(parts.base_denominator as double)
        end as base_rate,
        (cast(parts.start_value as double) + cast(parts.end_value as double)) / 2 as mean_ratio
    from parts
    inner join whole_dimensions
        on
            parts.kpi_id = whole_dimensions.kpi_id
            and parts.period_grain = whole_dimensions.period_grain
            and parts.period_start_date = whole_dimensions.period_start_date
            and parts.compared_with = whole_dimensions.compared_with
            and parts.scope_type = whole_dimensions.scope_type
    where
        parts.numerator is not null
        or parts.base_numerator is not null
        or (parts.compared_with = 'target' and parts.base_value is not null)
),

contributions as (
    -- amounts and counts: what the part has more or less
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type as dimension,
        'member' as driver_type,
        scope_id as driver_id,
        base_numerator as base_value,
        numerator as actual_value,
        coalesce(numerator, 0) - coalesce(base_numerator, 0) as contribution
    from counted
    where not is_ratio and compared_with <> 'target'
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type as dimension,
        'member' as driver_type,
        scope_id as driver_id,
        own_target_value as base_value,
        numerator as actual_value,
        coalesce(numerator, 0) - own_target_value as contribution
    from counted
    where not is_ratio and compared_with = 'target' and own_target_value is not null
    union all
    -- parts without a target, against what of the whole's target no part has
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type as dimension,
        'not_planned' as driver_type,
        'not_planned' as driver_id,
        max(start_value) - sum(coalesce(own_target_value, 0)) as base_value,
        sum(case when own_target_value is null then numerator end) as actual_value,
        sum(case when own_target_value is null then coalesce(numerator, 0) else 0 end)
        - (max(start_value) - sum(coalesce(own_target_value, 0))) as contribution
    from counted
    where not is_ratio and compared_with = 'target'
    group by kpi_id, period_grain, period_start_date, compared_with, scope_type
    having
        max(start_value) <> sum(coalesce(own_target_value, 0))
        or count(case when own_target_value is null then numerator end) > 0
    union all
    -- ratios: a part's own ratio moved, at the mean of its two shares
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type as dimension,
        'rate' as driver_type,
        scope_id as driver_id,
        cast(base_rate as decimal(38, 10)) as base_value,
        cast(rate as decimal(38, 10)) as actual_value,
        cast((share + base_share) / 2 * (rate - base_rate) as decimal(38, 10)) as contribution
    from counted
    where is_ratio and compared_with <> 'target' and rate is not null and base_rate is not null
    union all
    -- ... and its share moved, which counts by how far the part lies from the whole; of a part that is new, gone or
    -- without a ratio of its own, all that it did
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type as dimension,
        'mix' as driver_type,
        scope_id as driver_id,
        cast(case when base_denominator is not null then base_share end as decimal(38, 10)) as base_value,
        cast(case when denominator is not null then share end as decimal(38, 10)) as actual_value,
        cast(
            case
                when rate is not null and base_rate is not null
                    then (share - base_share) * ((rate + base_rate) / 2 - mean_ratio)
                else per_whole - base_per_whole - (share - base_share) * mean_ratio
            end as decimal(38, 10)
        ) as contribution
    from counted
    where is_ratio and compared_with <> 'target'
    union all
    -- ratios against target: how far the part is from its target (from the whole's, if it has none), by its share
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type as dimension,
        'member' as driver_type,
        scope_id as driver_id,
        yardstick as base_value,
        cast(rate as decimal(38, 10)) as actual_value,
        cast(per_whole - share * cast(yardstick as double) as decimal(38, 10)) as contribution
    from counted
    where is_ratio and compared_with = 'target' and numerator is not null
    union all
    -- what the targets of the parts, by today's shares, together differ from the whole's
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        scope_type as dimension,
        'not_planned' as driver_type,
        'not_planned' as driver_id,
        max(start_value) as base_value,
        sum(cast(share * cast(yardstick as double) as decimal(38, 10))) as actual_value,
        sum(cast(share * cast(yardstick - start_value as double) as decimal(38, 10))) as contribution
    from counted
    where is_ratio and compared_with = 'target'
    group by kpi_id, period_grain, period_start_date, compared_with, scope_type
    having sum(case when yardstick <> start_value then 1 else 0 end) > 0
)

select
    kpi_id,
    period_grain,
    period_start_date,
    compared_with,
    dimension,
    driver_type,
    driver_id,
    cast(base_value as decimal(38, 10)) as base_value,
    cast(actual_value as decimal(38, 10)) as actual_value,
    cast(contribution as decimal(38, 10)) as contribution
from contributions
