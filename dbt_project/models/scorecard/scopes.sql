-- Every scope that any KPI has a value for. A team is part of its department; anything else is part
-- of the company. Employees and customers are shown by their ids: no name leaves the warehouse.
-- What a table that failed tonight says of names and parents is not shown: the last published ones stand in, and so they
-- do for scopes that only held figures have.
with tainted as (
    select model_name
    from {{ source('audit', 'tainted_models') }}
),

names as (
    select distinct
        'supplier' as scope_type,
        supplier_id as scope_id,
        supplier_name as scope_name,
        cast(null as varchar) as department
    from {{ ref('fct_purchase_orders') }}
    where 'fct_purchase_orders' not in (select tainted.model_name from tainted)
    union all
    select
        'campaign' as scope_type,
        campaign_id as scope_id,
        campaign_name as scope_name,
        cast(null as varchar) as department
    from {{ ref('dim_campaigns') }}
    where 'dim_campaigns' not in (select tainted.model_name from tainted)
    union all
    -- two departments may have a team of one name, so its id carries both
    select distinct
        'team' as scope_type,
        department || ' / ' || team as scope_id,
        team as scope_name,
        department
    from {{ ref('fct_employment') }}
    where
        team is not null
        and 'fct_employment' not in (select tainted.model_name from tainted)
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
        else coalesce(names.scope_name, held_scopes.scope_name, seen.scope_id)
    end as scope_name,
    case
        when names.department is not null then 'department'
        when names.scope_id is null and held_scopes.scope_id is not null then held_scopes.parent_scope_type
        when seen.scope_type <> 'company' then 'company'
    end as parent_scope_type,
    case
        when names.department is not null then names.department
        when names.scope_id is null and held_scopes.scope_id is not null then held_scopes.parent_scope_id
        when seen.scope_type <> 'company' then 'all'
    end as parent_scope_id
from seen
cross join {{ source('audit', 'run_settings') }} as settings
left join names on seen.scope_type = names.scope_type and seen.scope_id = names.scope_id
left join {{ source('audit', 'held_scopes') }} as held_scopes
    on seen.scope_type = held_scopes.scope_type and seen.scope_id = held_scopes.scope_id
