{# The two sums that a target of a phased day and one of an open period have in common. #}

{# Last year's value and its growth, which is a share of its size, so that a loss of 100 grows to one of 85.
   An amount is set to the cent. #}
{% macro growth_target(last_year_value, growth_ratio, target_phasing) -%}
    cast(
        case
            when {{ target_phasing }} = 'adds_up'
                then cast({{ last_year_value }} + abs({{ last_year_value }}) * {{ growth_ratio }} as decimal(38, 2))
            else {{ last_year_value }} + abs({{ last_year_value }}) * {{ growth_ratio }}
        end as decimal(38, 10)
    )
{%- endmacro %}

{# part / total of a target; an amount to the cent. Rounding to six places first takes away what a double
   can't hold, so that half a cent is rounded up as by hand. #}
{% macro part_of_target(whole, part, total, target_phasing) -%}
    case
        when {{ target_phasing }} = 'adds_up'
            then
                cast(
                    cast(cast(cast({{ whole }} as double) * {{ part }} / {{ total }} as decimal(38, 6)) as decimal(38, 2))
                    as decimal(38, 10)
                )
        else cast(cast({{ whole }} as double) * {{ part }} / {{ total }} as decimal(38, 10))
    end
{%- endmacro %}
