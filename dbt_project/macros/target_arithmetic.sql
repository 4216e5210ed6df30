{# The sums behind targets: growth, a part by days, and what is due by now in kpi_row_targets. #}

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

{# part / total of a target; an amount to the cent. A quotient of decimals is a double here, so rounding to six places
   first takes away what a double can't hold, and half a cent is rounded up as by hand. Right to the cent up to
   900 million; from there to 10^13 half a cent may be rounded down; beyond that a part may be some cents off, but all
   parts still add up to the whole. #}
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

{# Of a row of kpi_row_targets, the part of a target, a bound or the baseline that was due by the as-of day: of a
   retention it is the loss that grows with time. #}
{% macro due_target(target) -%}
    case
        when not is_to_date then period_{{ target }}
        when due_{{ target }} is not null then due_{{ target }}
        when target_phasing = 'shrinks'
            then 1 - {{ part_of_target('(1 - period_' ~ target ~ ')', 'elapsed_days', 'period_days', 'target_phasing') }}
        else {{ part_of_target('period_' ~ target, 'elapsed_days', 'period_days', 'target_phasing') }}
    end
{%- endmacro %}
