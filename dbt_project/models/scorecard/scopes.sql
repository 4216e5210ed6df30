-- Every scope that any KPI has a value for; all of them are parts of the company.
with suppliers as (
    select distinct
        supplier_id,
        supplier_name
    from {{ ref('fct_purchase_orders') }}
),

seen as (
    select distinct
        scope_type,
        scope_id
    from {{ ref('kpi_values') }}
)

select
    seen.scope_type,
    seen.scope_id,
    case
        when seen.scope_type = 'company' then settings.company_name
        when seen.scope_type = 'supplier' then coalesce(suppliers.supplier_name, seen.scope_id)
        else seen.scope_id
    end as scope_name,
    case when seen.scope_type <> 'company' then 'company' end as parent_scope_type,
    case when seen.scope_type <> 'company' then 'all' end as parent_scope_id
from seen
cross join {{ source('audit', 'run_settings') }} as settings
left join suppliers
    on seen.scope_type = 'supplier' and seen.scope_id = suppliers.supplier_id
