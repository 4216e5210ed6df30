{{ config(meta={'dagster': {'ref': {'name': 'fct_closed_opportunities'}}}) }}
-- On the as-of day every opportunity that has begun is in the pipeline or closed, and none is both: the
-- two models find the state that counts in ways of their own.
with as_of as (
    select max(through_date) as as_of_date from {{ ref('dim_periods') }}
),

counts as (
    select
        (
            select count(distinct changes.opportunity_id)
            from {{ ref('fct_opportunity_stages') }} as changes
            inner join as_of on changes.changed_date <= as_of.as_of_date
        ) as opportunities_count,
        (
            select coalesce(sum(daily.open_opportunities_count), 0)
            from {{ ref('metrics_sales__pipeline_daily') }} as daily
            inner join as_of on daily.pipeline_date = as_of.as_of_date
        ) as open_count,
        (select count(*) from {{ ref('fct_closed_opportunities') }}) as closed_count
)

select *
from counts
where opportunities_count <> open_count + closed_count
