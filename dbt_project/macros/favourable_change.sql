{#
  How far kpi_scorecard's value has moved to the good since another value of the same KPI, or is
  better than an outside one. With a band, good is nearer to the band, so it takes the band to tell; NULL where there is none.
#}
{% macro favourable_change(earlier) -%}
    cast(
        case
            when actual_value is null or {{ earlier }} is null then null
            when direction = 'higher' then actual_value - {{ earlier }}
            when direction = 'lower' then {{ earlier }} - actual_value
            when has_target
                then
                    case
                        when {{ earlier }} < target_lower then target_lower - {{ earlier }}
                        when {{ earlier }} > target_upper then {{ earlier }} - target_upper
                        else 0
                    end + favourable_variance
        end as decimal(38, 10)
    )
{%- endmacro %}
