-- Fails on rows in which one of the columns is NULL: one scan for a whole table,
-- where a not_null test a column would scan it once for each.
{% test complete(model, columns) %}
select *
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
