{{ config(meta={'dagster': {'ref': {'name': 'kpi_tree'}}}) }}
-- Each KPI is a sum, or a first factor and a second one that it is multiplied with or divided by; no path comes back to where it
-- was; and nothing about people is a component, since its figure would be published.
with kinds as (
    select
        kpi_id,
        count(*) as components_count,
        max(component_order) as last_order,
        sum(case when operation in ('*', '/') then 1 else 0 end) as factors_count,
        sum(case when operation = '*' and component_order = 1 then 1 else 0 end) as first_factors_count
    from {{ ref('kpi_tree_components') }}
    group by kpi_id
)

select
    kpi_id as subject,
    'neither a sum nor two factors' as finding
from kinds
where
    last_order <> components_count
    or not (factors_count = 0 or (factors_count = 2 and components_count = 2 and first_factors_count = 1))
union all
select
    path as subject,
    'a circle' as finding
from {{ ref('kpi_tree') }}
where tree_level > 10 or (' > ' || path || ' > ') like ('% > ' || component_id || ' > % > ' || component_id || ' > ')
union all
-- a circle that nothing leads into has no root, and so no path
select
    kpi_id as subject,
    'in no path' as finding
from kinds
where kpi_id not in (select tree.kpi_id from {{ ref('kpi_tree') }} as tree)
union all
select
    components.component_id as subject,
    'about people' as finding
from {{ ref('kpi_tree_components') }} as components
inner join {{ ref('kpis_without_drivers') }} as listed
    on components.source_kpi_id = listed.kpi_id and listed.scope_type is null
union all
select
    components.component_id as subject,
    'a name is missing, or given twice' as finding
from {{ ref('kpi_tree_components') }} as components
left join {{ ref('kpi_catalogue') }} as catalogue on components.component_id = catalogue.kpi_id
where (catalogue.kpi_id is null) <> (components.title_en is not null and components.title_sv is not null)
union all
select
    components.component_id as subject,
    'no figure anywhere' as finding
from {{ ref('kpi_tree_components') }} as components
left join {{ ref('kpi_catalogue') }} as catalogue on components.source_kpi_id = catalogue.kpi_id
where
    catalogue.kpi_id is null
    and components.source_part not in (
        'cost_of_goods_sold_amount', 'ledger_revenue_amount', 'other_income_amount', 'ledger_cost_of_goods_sold_amount',
        'depreciation_and_amortisation_amount', 'net_interest_amount', 'tax_amount'
    )
