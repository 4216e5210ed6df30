-- What each component of a KPI did to it: of a sum its own change; of a product or quotient its change at the mean of the
-- other one, so that neither comes first and nothing is left. Only where the figures are those the KPI was made of.
with comparisons as (
    select
        *,
        actual_value is not null and denominator is null as is_amount
    from {{ ref('driver_values') }}
    where scope_type = 'company'
),

trees as (
    select
        kpi_id,
        count(*) as components_count
    from {{ ref('kpi_tree_components') }}
    group by kpi_id
),

targets as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        target_value
    from {{ ref('kpi_scorecard') }}
    where scope_type = 'company' and status <> 'held' and target_value is not null
),

held as (
    select distinct kpi_id
    from {{ source('audit', 'holds') }}
),

components as (
    select
        comparisons.kpi_id,
        comparisons.period_grain,
        comparisons.period_start_date,
        comparisons.compared_with,
        comparisons.is_amount,
        comparisons.start_value,
        comparisons.end_value,
        trees.components_count,
        now.component_order,
        now.component_id,
        now.operation,
        now.component_value as actual_value,
        case when comparisons.compared_with = 'target' then targets.target_value else base.component_value end
            as base_value
    from comparisons
    inner join trees on comparisons.kpi_id = trees.kpi_id
    inner join {{ ref('kpi_tree_values') }} as now
        on
            comparisons.kpi_id = now.kpi_id
            and comparisons.period_grain = now.period_grain
            and comparisons.period_start_date = now.period_start_date
    -- left: a target is compared with no other period, and another period with no target
    left join {{ ref('kpi_tree_values') }} as base
        on
            comparisons.kpi_id = base.kpi_id
            and comparisons.base_grain = base.period_grain
            and comparisons.base_start_date = base.period_start_date
            and now.component_id = base.component_id
    left join targets
        on
            now.component_id = targets.kpi_id
            and comparisons.period_grain = targets.period_grain
            and comparisons.period_start_date = targets.period_start_date
    -- left: most components are not held
    left join held on now.source_kpi_id = held.kpi_id
    where held.kpi_id is null
),

-- at most two factors, which the tests hold; of a quotient the second one is turned round
factors as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        is_amount,
        start_value,
        end_value,
        max(case when operation in ('*', '/') then 1 else 0 end) as is_product,
        sum(case operation when '+' then actual_value when '-' then -actual_value end) as actual_sum,
        sum(case operation when '+' then base_value when '-' then -base_value end) as base_sum,
        max(case when component_order = 1 then cast(actual_value as double) end) as first_factor,
        max(case when component_order = 1 then cast(base_value as double) end) as base_first_factor,
        max(
            case
                when component_order = 2 and operation = '*' then cast(actual_value as double)
                when component_order = 2 and actual_value <> 0 then 1 / cast(actual_value as double)
            end
        ) as second_factor,
        max(
            case
                when component_order = 2 and operation = '*' then cast(base_value as double)
                when component_order = 2 and base_value <> 0 then 1 / cast(base_value as double)
            end
        ) as base_second_factor
    from components
    group by
        kpi_id, period_grain, period_start_date, compared_with, is_amount, start_value, end_value
    having count(actual_value) = max(components_count) and count(base_value) = max(components_count)
),

composed as (
    select
        *,
        case is_product when 1 then first_factor * second_factor else cast(actual_sum as double) end as composed_value,
        case is_product when 1 then base_first_factor * base_second_factor else cast(base_sum as double) end
            as composed_base_value
    from factors
),

identities as (
    select *
    from composed
    where
        abs(composed_value - cast(end_value as double)) <= 0.00000001 * greatest(1, abs(cast(end_value as double)))
        and (
            compared_with = 'target'
            or abs(composed_base_value - cast(start_value as double))
            <= 0.00000001 * greatest(1, abs(cast(start_value as double)))
        )
        and composed_base_value is not null
),

contributions as (
    select
        components.kpi_id,
        components.period_grain,
        components.period_start_date,
        components.compared_with,
        'component' as driver_type,
        components.component_id as driver_id,
        components.component_order,
        identities.is_amount,
        components.base_value,
        components.actual_value,
        case components.operation
            when '+' then components.actual_value - components.base_value
            when '-' then components.base_value - components.actual_value
            else
                cast(
                    case components.component_order
                        when 1
                            then
                                (identities.first_factor - identities.base_first_factor)
                                * (identities.second_factor + identities.base_second_factor) / 2
                        else
                            (identities.second_factor - identities.base_second_factor)
                            * (identities.first_factor + identities.base_first_factor) / 2
                    end as decimal(38, 10)
                )
        end as contribution
    from components
    inner join identities
        on
            components.kpi_id = identities.kpi_id
            and components.period_grain = identities.period_grain
            and components.period_start_date = identities.period_start_date
            and components.compared_with = identities.compared_with
    union all
    -- what the targets of the components would come to, less the KPI's own target
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'not_planned' as driver_type,
        'not_planned' as driver_id,
        1000 as component_order,
        is_amount,
        start_value as base_value,
        cast(composed_base_value as decimal(38, 10)) as actual_value,
        cast(composed_base_value as decimal(38, 10)) - start_value as contribution
    from identities
    where compared_with = 'target' and abs(composed_base_value - cast(start_value as double)) > 0.0000000001
)

select
    kpi_id,
    period_grain,
    period_start_date,
    compared_with,
    driver_type,
    driver_id,
    cast(component_order as bigint) as driver_order,
    cast(base_value as decimal(38, 10)) as base_value,
    cast(actual_value as decimal(38, 10)) as actual_value,
    -- amounts in whole cents
    case
        when is_amount and driver_type = 'component' then cast(round(contribution, 2) as decimal(38, 10))
        else cast(contribution as decimal(38, 10))
    end as contribution
from contributions
