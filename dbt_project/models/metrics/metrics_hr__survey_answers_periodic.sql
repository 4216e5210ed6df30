select
    periods.period_grain,
    periods.period_start_date,
    rounds.survey,
    rounds.scope_type,
    rounds.scope_id,
    cast(sum(rounds.answers_count) as bigint) as answers_count,
    cast(sum(rounds.score_sum) as bigint) as score_sum,
    cast(sum(rounds.satisfied_count) as bigint) as satisfied_count,
    -- one round is enough: it would be the year less the months of the other rounds, and answers of
    -- two rounds come from the same few people
    max(case when rounds.is_withheld then 1 else 0 end) = 1 as is_survey_withheld
from {{ ref('metrics_hr__survey_rounds_daily') }} as rounds
inner join {{ ref('dim_periods') }} as periods
    on rounds.answered_date between periods.period_start_date and periods.through_date
where periods.period_grain not in ('day', 'week', 'week_to_date')
group by
    periods.period_grain,
    periods.period_start_date,
    rounds.survey,
    rounds.scope_type,
    rounds.scope_id
