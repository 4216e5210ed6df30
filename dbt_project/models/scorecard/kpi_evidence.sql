-- What stands behind each KPI: the raw tables it is built from, how they were judged, how fresh
-- and how large they are, and the hash of the code that computed it. Held is what a critical failure touches; stale, what
-- is built from a table whose newest extract was refused or whose newest date is too old.
with held as (
    select
        kpi_id,
        min(held_since) as held_since,
        {{ dbt.listagg('check_name', "'; '", 'order by check_name') }} as held_check
    from (
        select
            kpi_id,
            check_name,
            min(held_since) as held_since
        from {{ source('audit', 'holds') }}
        group by kpi_id, check_name
    )
    group by kpi_id
),

refused as (
    select distinct inputs.kpi_id
    from {{ source('audit', 'kpi_inputs') }} as inputs
    inner join {{ source('audit', 'refused_extracts') }} as extracts
        on inputs.source_system = extracts.source_system and inputs.table_name = extracts.table_name
),

inputs as (
    select
        inputs.kpi_id,
        -- an extract may reach beyond the as-of day; the numbers do not
        least(min(tables.data_as_of), max(settings.as_of_date)) as data_as_of,
        sum(tables.row_count) as input_row_count
    from {{ source('audit', 'kpi_inputs') }} as inputs
    inner join {{ source('audit', 'raw_tables') }} as tables
        on inputs.source_system = tables.source_system and inputs.table_name = tables.table_name
    cross join {{ source('audit', 'run_settings') }} as settings
    group by inputs.kpi_id
),

checks as (
    select
        inputs.kpi_id,
        count(*) as checks_evaluated,
        sum(case when results.success then 0 else 1 end) as checks_failed,
        -- a date that could not be judged is a critical failure, and held
        sum(
            case
                when
                    not results.success
                    and results.severity <> 'critical'
                    and results.expectation like 'newest_date_is_recent%'
                    then 1
                else 0
            end
        ) as old_tables,
        sum(case when not results.success and results.severity = 'warning' then 1 else 0 end) as warnings
    from {{ source('audit', 'kpi_inputs') }} as inputs
    inner join {{ source('audit', 'check_results') }} as results
        on inputs.source_system = results.source_system and inputs.table_name = results.table_name
    group by inputs.kpi_id
)

select
    catalogue.kpi_id,
    case
        when held.kpi_id is not null then 'held'
        when refused.kpi_id is not null or checks.old_tables > 0 then 'stale'
        when checks.warnings > 0 then 'warning'
        else 'passed'
    end as quality_status,
    cast(coalesce(checks.checks_evaluated, 0) as bigint) as checks_evaluated,
    cast(coalesce(checks.checks_failed, 0) as bigint) as checks_failed,
    inputs.data_as_of,
    cast(coalesce(inputs.input_row_count, 0) as bigint) as input_row_count,
    definitions.definition_hash,
    held.held_since,
    held.held_check
from {{ ref('kpi_catalogue') }} as catalogue
left join held on catalogue.kpi_id = held.kpi_id
left join refused on catalogue.kpi_id = refused.kpi_id
left join inputs on catalogue.kpi_id = inputs.kpi_id
left join checks on catalogue.kpi_id = checks.kpi_id
left join {{ source('audit', 'kpi_definitions') }} as definitions on catalogue.kpi_id = definitions.kpi_id
