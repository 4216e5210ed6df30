-- What a KPI is made of, from those that are part of none down to what no other KPI is made of: each path a row, so a
-- KPI that two others are made of is found under both.
with recursive edges as (
    select
        tree.kpi_id,
        tree.component_id,
        component_kpis.kpi_id as component_kpi_id,
        tree.operation,
        tree.component_order,
        coalesce(component_kpis.title_en, tree.title_en) as title_en,
        coalesce(component_kpis.title_sv, tree.title_sv) as title_sv
    from {{ ref('kpi_tree_components') }} as tree
    inner join {{ ref('kpi_catalogue') }} as kpis on tree.kpi_id = kpis.kpi_id
    -- left: an amount that is no KPI has a name of its own
    left join {{ ref('kpi_catalogue') }} as component_kpis on tree.component_id = component_kpis.kpi_id
),

paths as (
    select
        edges.kpi_id as root_kpi_id,
        edges.kpi_id,
        edges.component_id,
        edges.component_kpi_id,
        edges.operation,
        edges.component_order,
        edges.title_en,
        edges.title_sv,
        1 as tree_level,
        edges.kpi_id || ' > ' || edges.component_id as path
    from edges
    left join edges as above on edges.kpi_id = above.component_kpi_id
    where above.component_kpi_id is null
    union all
    select
        paths.root_kpi_id,
        edges.kpi_id,
        edges.component_id,
        edges.component_kpi_id,
        edges.operation,
        edges.component_order,
        edges.title_en,
        edges.title_sv,
        paths.tree_level + 1 as tree_level,
        paths.path || ' > ' || edges.component_id as path
    from paths
    inner join edges on paths.component_kpi_id = edges.kpi_id
    -- a circle, which the tests refuse, would never end
    where paths.tree_level < 20
)

select
    paths.root_kpi_id,
    paths.kpi_id,
    paths.component_id,
    paths.component_kpi_id,
    paths.operation,
    cast(paths.component_order as bigint) as component_order,
    cast(paths.tree_level as bigint) as tree_level,
    paths.path,
    paths.title_en,
    paths.title_sv,
    settings.edition_id
from paths
cross join {{ source('audit', 'run_settings') }} as settings
