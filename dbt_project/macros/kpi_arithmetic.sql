{# Shared arithmetic of the KPI files. Anything that belongs to one KPI stands in that KPI's file. #}

{# numerator / denominator, divided once. DuckDB gives inf for 1/0 and NaN for 0/0: never here. #}
{% macro safe_divide(numerator, denominator) -%}
    cast(case when {{ denominator }} <> 0 then cast({{ numerator }} as double) / cast({{ denominator }} as double) end as decimal(38, 10))
{%- endmacro %}

{# Why a ratio has no value; NULL where it has one. #}
{% macro no_ratio_reason(numerator, denominator) -%}
    case
        when {{ numerator }} is null or {{ denominator }} is null then 'no_data'
        when {{ denominator }} = 0 then 'zero_base'
    end
{%- endmacro %}
