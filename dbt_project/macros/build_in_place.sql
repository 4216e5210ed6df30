{#
  Tables and views are built under their own names, in the transaction that drops what stood there:
  a model that fails leaves it as it was. dbt's own way is to build beside it, to rename it, to
  rename what was built and to drop what was renamed: four statements and as many look-ups for each
  of three hundred models. What is left out here is what the project does not use: grants, comments
  in the database, indexes and foreign keys.
#}
{% materialization table, adapter='duckdb' %}
    {% set target_relation = this.incorporate(type='table') %}
    {{ return(build_in_place(target_relation, create_table_as(False, target_relation, sql))) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {% set target_relation = this.incorporate(type='view') %}
    {{ return(build_in_place(target_relation, get_create_view_as_sql(target_relation, sql))) }}
{% endmaterialization %}

{% macro build_in_place(target_relation, create_statement) %}
    {% set existing_relation = load_cached_relation(this) %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') %}
        {% if existing_relation is not none %}
            drop {{ existing_relation.type }} if exists {{ existing_relation }} cascade;
        {% endif %}
        {{ create_statement }}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmacro %}
