select
    answer_id,
    customer_id,
    answered_date,
    survey,
    score
from {{ source('demo', 'survey_answers') }}
