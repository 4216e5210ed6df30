{{ config(meta={'dagster': {'ref': {'name': 'fct_order_lines'}}}) }}
-- The joins of fct_order_lines neither lose nor multiply a line, and an amount in the reporting currency stays as it is.
select
    delivered.order_id,
    delivered.line_number,
    delivered.net_amount,
    count(lines.order_id) as core_lines_count,
    sum(lines.net_amount) as core_net_amount
from {{ ref('stg_sales__order_lines') }} as delivered
left join {{ ref('fct_order_lines') }} as lines
    on delivered.order_id = lines.order_id and delivered.line_number = lines.line_number
group by delivered.order_id, delivered.line_number, delivered.net_amount, delivered.currency_code
having
    count(lines.order_id) <> 1
    or (delivered.currency_code is null and sum(lines.net_amount) <> delivered.net_amount)
