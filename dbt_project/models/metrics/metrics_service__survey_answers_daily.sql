-- Promoters answer 9 or 10, detractors 0 to 6; satisfied are the two best of five scores.
select
    answered_date,
    region,
    customer_segment,
    cast(sum(case when survey = 'nps' then 1 else 0 end) as bigint) as nps_answers_count,
    cast(sum(case when survey = 'nps' and score >= 9 then 1 else 0 end) as bigint) as promoters_count,
    cast(sum(case when survey = 'nps' and score <= 6 then 1 else 0 end) as bigint) as detractors_count,
    cast(sum(case when survey = 'csat' then 1 else 0 end) as bigint) as csat_answers_count,
    cast(sum(case when survey = 'csat' and score >= 4 then 1 else 0 end) as bigint) as satisfied_count
from {{ ref('fct_survey_answers') }}
group by answered_date, region, customer_segment
