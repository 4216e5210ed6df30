{{ config(meta={'dagster': {'ref': {'name': 'metrics_service__survey_answers_daily'}}}) }}
-- Every answer stands on one scale: both together are all answers.
with counts as (
    select
        (select count(*) from {{ ref('stg_service__survey_answers') }}) as answers_count,
        (
            select coalesce(sum(nps_answers_count + csat_answers_count), 0)
            from {{ ref('metrics_service__survey_answers_daily') }}
        ) as counted_count
)

select *
from counts
where answers_count <> counted_count
