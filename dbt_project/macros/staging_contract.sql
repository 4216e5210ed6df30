{#
  The rows of one entity from every source system that feeds its domain, in the columns and
  types of the calling model's own YAML (the staging contract). With no such system the
  relation is empty but typed, so that everything above it still builds and says `no_data`.
  SCORECARD_FEEDS is written by dagster_project/lib/sources.py: {"orders": ["demo"], ...}.
#}
{% macro staging_contract(entity) %}
{%- set systems = fromjson(env_var('SCORECARD_FEEDS')).get(entity, []) -%}
{%- for system in systems %}
select
    {%- for column in model.columns.values() if column.name != 'source_system' %}
    cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }},
    {%- endfor %}
    cast('{{ system }}' as varchar) as source_system
from {{ ref(system ~ '__' ~ entity) }}
{{ 'union all' if not loop.last }}
{%- else %}
select
    {%- for column in model.columns.values() %}
    cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- else %}
    1 as unparsed  {# dbt reads the columns from the YAML only after the first parse #}
    {%- endfor %}
where 1 = 0
{%- endfor %}
{% endmacro %}
