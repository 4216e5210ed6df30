-- Each round of a survey, and whether it is too small to tell anything about. All answers of a round
-- carry one date.
with rounds as (
    select
        daily.answered_date,
        daily.survey,
        case when grouping(daily.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(daily.department) = 1 then 'all' else daily.department end as scope_id,
        sum(daily.answers_count) as answers_count,
        sum(daily.score_sum) as score_sum,
        sum(daily.satisfied_count) as satisfied_count
    from {{ ref('metrics_hr__survey_answers_daily') }} as daily
    inner join {{ ref('dim_settings') }} as settings on daily.answered_date <= settings.as_of_date
    group by grouping sets (
        (daily.answered_date, daily.survey),
        (daily.answered_date, daily.survey, daily.department)
    )
),

remembered as (
    select
        rounds.*,
        withheld_before.scope_id is not null as was_withheld
    from rounds
    left join {{ ref('fct_withheld_before') }} as withheld_before
        on
            rounds.survey = withheld_before.subject
            and rounds.scope_type = withheld_before.scope_type
            and rounds.scope_id = withheld_before.scope_id
            and rounds.answered_date = withheld_before.withheld_date
),

flagged as (
    select
        *,
        {{ is_withheld('answers_count', whole='survey', period='answered_date', withheld_before='was_withheld') }}
            as is_flagged
    from remembered
)

select
    flagged.answered_date,
    flagged.survey,
    flagged.scope_type,
    flagged.scope_id,
    cast(flagged.answers_count as bigint) as answers_count,
    cast(flagged.score_sum as bigint) as score_sum,
    cast(flagged.satisfied_count as bigint) as satisfied_count,
    flagged.is_flagged or companies.is_flagged as is_withheld
from flagged
inner join flagged as companies
    on
        companies.scope_type = 'company'
        and flagged.survey = companies.survey
        and flagged.answered_date = companies.answered_date
