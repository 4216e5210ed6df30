-- The catalogue as published: the seed that a business person edits, with what the company's own
-- data says about its limits beside each KPI.
with notes as (
    select
        domain,
        {{ dbt.listagg('note_en', "' '", 'order by source_system') }} as note_en,
        {{ dbt.listagg('note_sv', "' '", 'order by source_system') }} as note_sv
    from {{ source('audit', 'domain_coverage') }}
    group by domain
),

-- one note a line, a line for each domain
data_notes as (
    select
        catalogue.kpi_id,
        {{ dbt.listagg('notes.note_en', 'chr(10)', 'order by notes.domain') }} as data_note_en,
        {{ dbt.listagg('notes.note_sv', 'chr(10)', 'order by notes.domain') }} as data_note_sv
    from {{ ref('kpis') }} as catalogue
    inner join notes on ',' || catalogue.domains || ',' like '%,' || notes.domain || ',%'
    group by catalogue.kpi_id
)

select
    catalogue.kpi_id,
    catalogue.title_en,
    catalogue.title_sv,
    catalogue.description_en,
    catalogue.description_sv,
    catalogue.department,
    catalogue.perspective,
    catalogue.goal,
    catalogue.level,
    catalogue.leading_lagging,
    catalogue.unit,
    catalogue.display_format,
    catalogue.direction,
    catalogue.additivity,
    catalogue.additivity_note,
    catalogue.period_basis,
    catalogue.final_after_days,
    catalogue.domains,
    catalogue.grains,
    catalogue.scopes,
    catalogue.owner_role,
    catalogue.review_cadence,
    cast(catalogue.benchmark_value as decimal(38, 10)) as benchmark_value,
    catalogue.benchmark_source,
    catalogue.formula,
    catalogue.target_rule,
    catalogue.target_phasing,
    catalogue.note,
    catalogue.metric_layer_note,
    data_notes.data_note_en,
    data_notes.data_note_sv
from {{ ref('kpis') }} as catalogue
left join data_notes on catalogue.kpi_id = data_notes.kpi_id
