{#
  Whether a group of people is too small to show (docs/decisions/small-groups.md). A group with
  fewer people than var('minimum_group_size', 5) is withheld, and so is the next smallest for as
  long as all that is withheld counts fewer: otherwise "the whole less the shown groups" would
  give the small group away. A group without anybody hides nobody, and is no cover for others.
  The whole is the company, unless `whole` names the columns that tell the wholes of a period apart.
#}
{% macro is_withheld(people_count, whole=none) -%}
    {{ people_count }} > 0
    and (
        {{ people_count }} < {{ var('minimum_group_size', 5) }}
        -- the people of all smaller groups; where there are none, nothing needs cover
        or coalesce(
            nullif(
                sum({{ people_count }}) over (
                    partition by period_grain, period_start_date, scope_type{{ ', ' ~ whole if whole }}
                    order by {{ people_count }}, scope_id
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ),
            {{ var('minimum_group_size', 5) }}
        ) < {{ var('minimum_group_size', 5) }}
    )
{%- endmacro %}
