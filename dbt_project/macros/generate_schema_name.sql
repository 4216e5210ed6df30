{# The folder's schema as it stands: no target prefix, so that a layer has the same name everywhere. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
