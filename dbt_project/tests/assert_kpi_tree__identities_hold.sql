{{ config(meta={'dagster': {'ref': {'name': 'kpi_tree_values'}}}) }}
-- A KPI is what its components make, in every settled month, quarter and year in which it and all of them have a value.
-- What is held is of another day.
with trees as (
    select
        kpi_id,
        count(*) as components_count
    from {{ ref('kpi_tree_components') }}
    group by kpi_id
),

composed as (
    select
        components.kpi_id,
        components.period_grain,
        components.period_start_date,
        sum(case components.operation when '+' then components.component_value when '-' then -components.component_value end) as composed_sum,
        max(case when components.component_order = 1 then cast(components.component_value as double) end) as first_factor,
        max(case when components.component_order = 2 then cast(components.component_value as double) end) as second_factor,
        max(case when components.component_order = 2 then components.operation end) as operation
    from {{ ref('kpi_tree_values') }} as components
    inner join trees on components.kpi_id = trees.kpi_id
    where
        coalesce(components.source_kpi_id, '') not in (select holds.kpi_id from {{ source('audit', 'holds') }} as holds)
    group by components.kpi_id, components.period_grain, components.period_start_date
    having count(components.component_value) = max(trees.components_count)
),

compared as (
    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        cast(kpi_values.actual_value as double) as actual_value,
        case
            when composed.operation in ('+', '-') then cast(composed.composed_sum as double)
            when composed.operation = '*' then composed.first_factor * composed.second_factor
            when composed.second_factor <> 0 then composed.first_factor / composed.second_factor
        end as composed_value
    from composed
    inner join {{ ref('kpi_values') }} as kpi_values
        on
            composed.kpi_id = kpi_values.kpi_id
            and composed.period_grain = kpi_values.period_grain
            and composed.period_start_date = kpi_values.period_start_date
            and kpi_values.scope_type = 'company'
    where
        kpi_values.period_status = 'settled'
        and kpi_values.actual_value is not null
        and kpi_values.value_edition_id is null
)

select *
from compared
where composed_value is null or abs(composed_value - actual_value) > 0.00000001 * greatest(1, abs(actual_value))
