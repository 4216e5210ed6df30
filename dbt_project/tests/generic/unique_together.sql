-- Fails on key values that stand in more than one row. NULL counts as a value here.
{% test unique_together(model, columns) %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
