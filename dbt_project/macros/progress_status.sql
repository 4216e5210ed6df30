{#
  Status of a key result or an objective: how its score, 0 to 1, stands to what time lets expect
  (docs/decisions/objectives.md). Compared at six decimals, so that equal counts as met.
#}
{% macro progress_status(score, expected, has_ended) -%}
    case
        when {{ score }} is null then 'no_data'
        when {{ has_ended }} and round({{ score }}, 6) >= 1 then 'achieved'
        when round({{ score }}, 6) >= round({{ var('objective_on_track_share', 0.7) }} * {{ expected }}, 6) then 'on_track'
        when round({{ score }}, 6) >= round({{ var('objective_at_risk_share', 0.4) }} * {{ expected }}, 6) then 'at_risk'
        else 'off_track'
    end
{%- endmacro %}
