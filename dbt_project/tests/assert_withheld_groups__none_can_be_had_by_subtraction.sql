{{ config(meta={'dagster': {'ref': {'name': 'metrics_hr__headcount_periodic'}}}) }}
-- On each day (round, month) the withheld groups of a whole that is shown are at least two, of five
-- people together, so that the whole less the shown groups is nobody in particular; no part of a
-- withheld whole is shown; and no period is shown that holds a withheld day.
with groups as (
    select
        'people' as subject,
        calendar_date as judged_date,
        scope_type,
        scope_id,
        parent_scope_id as whole_id,
        people_count,
        is_people_withheld as is_withheld
    from {{ ref('metrics_hr__small_groups_daily') }}
    union all
    select
        'leaders' as subject,
        calendar_date as judged_date,
        scope_type,
        scope_id,
        parent_scope_id as whole_id,
        covering_leaders_count as people_count,
        is_leaders_withheld as is_withheld
    from {{ ref('metrics_hr__small_groups_daily') }}
    where scope_type in ('company', 'department')
    union all
    select
        survey as subject,
        answered_date as judged_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        answers_count as people_count,
        is_withheld
    from {{ ref('metrics_hr__survey_rounds_daily') }}
    union all
    select
        'timesheets' as subject,
        month_start_date as judged_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        people_count,
        is_withheld
    from {{ ref('metrics_hr__timesheet_groups_monthly') }}
    union all
    select
        'sellers' as subject,
        month_start_date as judged_date,
        scope_type,
        scope_id,
        'all' as whole_id,
        people_count,
        is_withheld
    from {{ ref('metrics_sales__seller_groups_monthly') }}
),

wholes as (
    select
        subject,
        judged_date,
        scope_id as whole_id,
        is_withheld
    from groups
    where scope_type in ('company', 'department')
),

hidden as (
    select
        groups.subject,
        groups.judged_date,
        groups.scope_type,
        groups.whole_id,
        wholes.is_withheld as is_whole_withheld,
        sum(case when groups.is_withheld and groups.people_count > 0 then 1 else 0 end) as withheld_groups_count,
        sum(case when groups.is_withheld then groups.people_count else 0 end) as withheld_people_count,
        sum(case when groups.is_withheld then 0 else groups.people_count end) as shown_people_count
    from groups
    inner join wholes
        on
            groups.subject = wholes.subject
            and groups.judged_date = wholes.judged_date
            and groups.whole_id = wholes.whole_id
    where groups.scope_type <> 'company'
    group by
        groups.subject,
        groups.judged_date,
        groups.scope_type,
        groups.whole_id,
        wholes.is_withheld
),

shown as (
    select
        'people' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id
    from {{ ref('metrics_hr__headcount_periodic') }}
    where not is_people_withheld
    union all
    select
        'people' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id
    from {{ ref('metrics_hr__absence_periodic') }}
    where not is_absence_withheld
    union all
    select
        'people' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id
    from {{ ref('metrics_hr__training_periodic') }}
    where not is_people_withheld
    union all
    select
        survey as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id
    from {{ ref('metrics_hr__survey_answers_periodic') }}
    where not is_survey_withheld
    union all
    select
        'timesheets' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id
    from {{ ref('metrics_hr__timesheets_periodic') }}
    where not is_utilisation_withheld and is_settled
    union all
    select
        'sellers' as subject,
        period_grain,
        period_start_date,
        scope_type,
        scope_id
    from {{ ref('metrics_sales__salespeople_periodic') }}
    where not is_sellers_withheld and is_told
)

select
    subject,
    judged_date,
    scope_type,
    whole_id as scope_id,
    'too few are withheld' as problem
from hidden
where
    not is_whole_withheld
    and (
        withheld_people_count between 1 and {{ var('minimum_group_size', 5) }} - 1
        or withheld_groups_count = 1
    )
union all
select
    subject,
    judged_date,
    scope_type,
    whole_id as scope_id,
    'a part of a withheld whole is shown' as problem
from hidden
where is_whole_withheld and shown_people_count > 0
union all
select
    shown.subject,
    groups.judged_date,
    shown.scope_type,
    shown.scope_id,
    'a ' || shown.period_grain || ' is shown' as problem
from shown
inner join {{ ref('dim_periods') }} as periods
    on shown.period_grain = periods.period_grain and shown.period_start_date = periods.period_start_date
inner join groups
    on
        shown.subject = groups.subject
        and shown.scope_type = groups.scope_type
        and shown.scope_id = groups.scope_id
        and groups.is_withheld
        and groups.judged_date between periods.period_start_date and periods.through_date
