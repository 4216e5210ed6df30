{#
  Whether a group of people is too small to show (docs/decisions/small-groups.md). A group with
  fewer people than var('minimum_group_size', 5) is withheld, one that was withheld before stays
  so, and so is the next smallest for as long as all that is withheld is one group or counts fewer:
  otherwise "the whole less the shown groups" would give the small group away. A group without
  anybody hides nobody, and is no cover for others. The groups of a period and scope type add up to
  one whole, unless `whole` names the columns that tell the wholes apart. `withheld_before` is a
  condition; `new_people_count` a column, where not all of a group hide others: who is in two groups
  does so once.
#}
{% macro is_withheld(
    people_count,
    whole=none,
    period='period_grain, period_start_date',
    withheld_before='false',
    new_people_count=none
) -%}
    {%- set least = var('minimum_group_size', 5) -%}
    {%- set parts = 'partition by ' ~ period ~ ', scope_type' ~ (', ' ~ whole if whole else '') -%}
    {%- set is_small = people_count ~ ' < ' ~ least ~ ' or ' ~ withheld_before -%}
    {%- set before = parts ~ ' order by case when ' ~ is_small ~ ' then 0 else 1 end, ' ~ people_count
        ~ ', scope_id rows between unbounded preceding and 1 preceding' -%}
    {{ people_count }} > 0
    and (
        {{ people_count }} < {{ least }}
        -- a group that is the whole is shown with it
        or ({{ withheld_before }} and {{ people_count }} < sum({{ people_count }}) over ({{ parts }}))
        or (
            not ({{ is_small }})
            and max(case when {{ people_count }} > 0 and ({{ is_small }}) then 1 else 0 end) over ({{ parts }}) = 1
            and (
                coalesce(sum({{ new_people_count or people_count }}) over ({{ before }}), 0) < {{ least }}
                or coalesce(sum(case when {{ new_people_count or people_count }} > 0 then 1 else 0 end) over ({{ before }}), 0) < 2
            )
        )
    )
{%- endmacro %}
