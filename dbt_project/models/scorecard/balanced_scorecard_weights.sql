-- What the balanced scorecard is made of, and from when to when: the plan's weights, each until the next row for the
-- same perspective and KPI, and what holds where the plan says nothing.
with settings as (
    select company from {{ source('audit', 'run_settings') }}
),

planned as (
    select
        weights.perspective,
        weights.kpi_id,
        weights.weight,
        weights.valid_from,
        weights.company is not null as is_own,
        min(case when weights.company is not null then weights.valid_from end) over (
            partition by weights.perspective, weights.kpi_id
        ) as own_from
    from {{ source('plan', 'weights') }} as weights
    inner join settings on coalesce(weights.company, settings.company) = settings.company
),

dated as (
    select
        perspective,
        kpi_id,
        weight,
        valid_from,
        lead(valid_from) over (partition by perspective, kpi_id order by valid_from) as valid_before
    from planned
    -- from the company's first row on, those for every company say nothing here
    where is_own or own_from is null or valid_from < own_from
),

planned_kpis as (
    select count(*) as row_count
    from dated
    where kpi_id is not null
),

-- a company that chose no KPI at all has every strategic one
default_kpis as (
    select
        catalogue.perspective,
        catalogue.kpi_id,
        1 as weight,
        cast(null as date) as valid_from,
        cast(null as date) as valid_before
    from {{ ref('kpi_catalogue') }} as catalogue
    inner join planned_kpis on planned_kpis.row_count = 0
    where catalogue.level = 'strategic'
),

-- a perspective weighs 1 until somebody weighs it
default_perspectives as (
    select
        perspectives.perspective,
        cast(null as varchar) as kpi_id,
        1 as weight,
        cast(null as date) as valid_from,
        min(dated.valid_from) as valid_before
    from (select distinct perspective from {{ ref('kpi_catalogue') }}) as perspectives
    left join dated on perspectives.perspective = dated.perspective and dated.kpi_id is null
    group by perspectives.perspective
),

all_weights as (
    select * from dated
    union all
    select * from default_kpis
    union all
    select * from default_perspectives
)

select
    perspective,
    kpi_id,
    cast(weight as decimal(38, 10)) as weight,
    valid_from,
    valid_before
from all_weights
