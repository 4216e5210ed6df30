with rounds as (
    select
        periods.period_grain,
        periods.period_start_date,
        daily.survey,
        daily.answered_date,
        case when grouping(daily.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(daily.department) = 1 then 'all' else daily.department end as scope_id,
        sum(daily.answers_count) as answers_count,
        sum(daily.score_sum) as score_sum,
        sum(daily.satisfied_count) as satisfied_count
    from {{ ref('metrics_hr__survey_answers_daily') }} as daily
    inner join {{ ref('dim_periods') }} as periods
        on daily.answered_date between periods.period_start_date and periods.through_date
    where periods.period_grain not in ('day', 'week', 'week_to_date')
    group by grouping sets (
        (periods.period_grain, periods.period_start_date, daily.survey, daily.answered_date),
        (periods.period_grain, periods.period_start_date, daily.survey, daily.answered_date, daily.department)
    )
),

flagged as (
    select
        *,
        {{ is_withheld('answers_count', whole='survey, answered_date') }} as is_withheld
    from rounds
)

select
    period_grain,
    period_start_date,
    survey,
    scope_type,
    scope_id,
    cast(sum(answers_count) as bigint) as answers_count,
    cast(sum(score_sum) as bigint) as score_sum,
    cast(sum(satisfied_count) as bigint) as satisfied_count,
    -- one round is enough: it would be the year less the months of the other rounds, and answers of
    -- two rounds come from the same few people
    max(case when is_withheld then 1 else 0 end) = 1 as is_survey_withheld
from flagged
group by period_grain, period_start_date, survey, scope_type, scope_id
