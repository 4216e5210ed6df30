select
    answers.answer_id,
    answers.answered_date,
    coalesce(customers.region, 'unassigned') as region,
    coalesce(customers.customer_segment, 'unassigned') as customer_segment,
    answers.survey,
    answers.score
from {{ ref('stg_service__survey_answers') }} as answers
-- left, not inner: an anonymous answer is an answer
left join {{ ref('stg_sales__customers') }} as customers on answers.customer_id = customers.customer_id
