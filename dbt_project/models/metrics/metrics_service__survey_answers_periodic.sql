select
    periods.period_grain,
    periods.period_start_date,
    case
        when grouping(daily.region) = 0 then 'region'
        when grouping(daily.customer_segment) = 0 then 'customer_segment'
        else 'company'
    end as scope_type,
    coalesce(daily.region, daily.customer_segment, 'all') as scope_id,
    cast(sum(daily.nps_answers_count) as bigint) as nps_answers_count,
    cast(sum(daily.promoters_count) as bigint) as promoters_count,
    cast(sum(daily.detractors_count) as bigint) as detractors_count,
    cast(sum(daily.csat_answers_count) as bigint) as csat_answers_count,
    cast(sum(daily.satisfied_count) as bigint) as satisfied_count
from {{ ref('metrics_service__survey_answers_daily') }} as daily
inner join {{ ref('dim_periods') }} as periods
    on daily.answered_date between periods.period_start_date and periods.through_date
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, daily.region),
    (periods.period_grain, periods.period_start_date, daily.customer_segment)
)
