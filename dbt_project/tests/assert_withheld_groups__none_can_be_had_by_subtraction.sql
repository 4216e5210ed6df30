{{ config(meta={'dagster': {'ref': {'name': 'metrics_hr__headcount_periodic'}}}) }}
-- The withheld groups of a whole that is shown are at least five people together, so that the whole
-- less the shown groups is nobody in particular; and no part of a withheld whole is shown.
with teams as (
    select distinct
        department || ' / ' || team as scope_id,
        department
    from {{ ref('fct_employment') }}
    where team is not null
),

groups as (
    select
        'women' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        headcount as people_count,
        is_headcount_withheld as is_withheld
    from {{ ref('metrics_hr__headcount_periodic') }}
    where scope_type in ('company', 'department')
    union all
    select
        'people' as subject,
        headcount.period_grain,
        headcount.period_start_date,
        headcount.scope_type,
        headcount.scope_id,
        coalesce(teams.department, 'all') as whole_id,
        greatest(headcount.people_count, coalesce(headcount.leavers_count, 0)) as people_count,
        headcount.is_people_withheld as is_withheld
    from {{ ref('metrics_hr__headcount_periodic') }} as headcount
    left join teams on headcount.scope_type = 'team' and headcount.scope_id = teams.scope_id
    union all
    select
        'people at the start' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        period_start_headcount as people_count,
        is_period_start_withheld as is_withheld
    from {{ ref('metrics_hr__headcount_periodic') }}
    where scope_type in ('company', 'department')
    union all
    select
        'leaders' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        leaders_count as people_count,
        is_leaders_withheld as is_withheld
    from {{ ref('metrics_hr__headcount_periodic') }}
    where scope_type in ('company', 'department')
    union all
    select
        'people with timesheets' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        people_count,
        is_utilisation_withheld as is_withheld
    from {{ ref('metrics_hr__timesheets_periodic') }}
    union all
    select
        survey as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        answers_count as people_count,
        is_survey_withheld as is_withheld
    from {{ ref('metrics_hr__survey_answers_periodic') }}
),

wholes as (
    select
        subject,
        period_grain,
        period_start_date,
        scope_id as whole_id,
        is_withheld
    from groups
    where scope_type in ('company', 'department')
),

hidden as (
    select
        groups.subject,
        groups.period_grain,
        groups.period_start_date,
        groups.whole_id,
        wholes.is_withheld as is_whole_withheld,
        sum(case when groups.is_withheld then groups.people_count else 0 end) as withheld_people_count,
        sum(case when groups.is_withheld then 0 else groups.people_count end) as shown_people_count,
        -- a small round withholds the company too, and says nothing of a department that was not in it
        max(case when groups.subject in ('engagement', 'satisfaction') then 1 else 0 end) = 1 as is_survey
    from groups
    inner join wholes
        on
            groups.subject = wholes.subject
            and groups.period_grain = wholes.period_grain
            and groups.period_start_date = wholes.period_start_date
            and groups.whole_id = wholes.whole_id
    where groups.scope_type <> 'company'
    group by
        groups.subject,
        groups.period_grain,
        groups.period_start_date,
        groups.whole_id,
        wholes.is_withheld
)

select *
from hidden
where
    (not is_whole_withheld and withheld_people_count between 1 and {{ var('minimum_group_size', 5) }} - 1)
    or (is_whole_withheld and shown_people_count > 0 and not is_survey)
