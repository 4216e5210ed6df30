-- Asked when the case is closed, which is on the day it was opened: none took longer than two hours.
select
    'CSAT-' || caseseq as answer_id,
    accountseq as customer_id,
    "Case Created On" as answered_date,
    'csat' as survey,
    csat as score
from {{ source('powerbi_ai_sample', 'cases') }}
where status = 'Closed'
