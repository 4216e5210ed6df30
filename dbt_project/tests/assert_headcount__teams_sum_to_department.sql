{{ config(meta={'dagster': {'ref': {'name': 'metrics_hr__headcount_periodic'}}}) }}
-- Where a department has teams, they add up to it: people, person-days, hires and leavers, in every
-- period. So a department less its shown teams is its withheld ones, and nobody else.
with names as (
    select distinct
        department || ' / ' || team as scope_id,
        department
    from {{ ref('fct_employment') }}
    where team is not null
),

teams as (
    select
        headcount.period_grain,
        headcount.period_start_date,
        names.department,
        sum(headcount.headcount) as headcount,
        sum(headcount.person_days_count) as person_days_count,
        sum(headcount.hires_count) as hires_count,
        sum(headcount.leavers_count) as leavers_count,
        sum(headcount.period_start_headcount) as period_start_headcount
    from {{ ref('metrics_hr__headcount_periodic') }} as headcount
    inner join names on headcount.scope_id = names.scope_id
    where headcount.scope_type = 'team'
    group by headcount.period_grain, headcount.period_start_date, names.department
)

select
    departments.period_grain,
    departments.period_start_date,
    departments.scope_id,
    departments.headcount,
    teams.headcount as teams_headcount,
    departments.person_days_count,
    teams.person_days_count as teams_person_days_count
from {{ ref('metrics_hr__headcount_periodic') }} as departments
inner join teams
    on
        departments.period_grain = teams.period_grain
        and departments.period_start_date = teams.period_start_date
        and departments.scope_id = teams.department
where
    departments.scope_type = 'department'
    and (
        departments.headcount <> teams.headcount
        or departments.person_days_count <> teams.person_days_count
        or departments.hires_count <> teams.hires_count
        or departments.leavers_count <> teams.leavers_count
        or departments.period_start_headcount <> teams.period_start_headcount
    )
