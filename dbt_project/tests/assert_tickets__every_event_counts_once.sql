{{ config(meta={'dagster': {'ref': {'name': 'metrics_service__tickets_daily'}}}) }}
-- The joins of fct_tickets neither lose nor multiply a ticket, and each of its events is counted on one day.
with counts as (
    select
        (select count(*) from {{ ref('stg_service__tickets') }}) as tickets_count,
        (select count(*) from {{ ref('fct_tickets') }}) as core_count,
        (select count(first_response_at) from {{ ref('stg_service__tickets') }}) as answered_count,
        (select coalesce(sum(first_response_count), 0) from {{ ref('metrics_service__tickets_daily') }})
            as first_response_count,
        (select count(resolved_at) from {{ ref('stg_service__tickets') }}) as solved_count,
        (select coalesce(sum(resolved_count), 0) from {{ ref('metrics_service__tickets_daily') }}) as resolved_count
)

select *
from counts
where
    tickets_count <> core_count
    or answered_count <> first_response_count
    or solved_count <> resolved_count
