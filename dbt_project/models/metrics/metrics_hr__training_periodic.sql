-- Every scope that has people, with what they were trained. Periods that begin before the month of
-- the first recorded course are left out: no course and no record of one look the same.
with recorded as (
    select
        cast({{ dbt.date_trunc('month', 'min(training_date)') }} as date) as recorded_from_date,
        count(training_cost_amount) > 0 as records_cost
    from {{ ref('metrics_hr__training_daily') }}
),

periods as (
    select
        dim_periods.period_grain,
        dim_periods.period_start_date,
        dim_periods.through_date,
        recorded.records_cost
    from {{ ref('dim_periods') }} as dim_periods
    cross join recorded
    where
        dim_periods.period_start_date >= recorded.recorded_from_date
        and dim_periods.period_grain not in ('day', 'week', 'week_to_date')
),

trained as (
    select
        periods.period_grain,
        periods.period_start_date,
        case when grouping(daily.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(daily.department) = 1 then 'all' else daily.department end as scope_id,
        sum(daily.training_hours) as training_hours,
        sum(daily.training_cost_amount) as training_cost_amount
    from {{ ref('metrics_hr__training_daily') }} as daily
    inner join periods on daily.training_date between periods.period_start_date and periods.through_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.department)
    )
)

select
    headcount.period_grain,
    headcount.period_start_date,
    headcount.scope_type,
    headcount.scope_id,
    cast(coalesce(trained.training_hours, 0) as decimal(38, 2)) as training_hours,
    -- no course costs nothing; courses whose cost nobody recorded cost something
    cast(
        case when trained.scope_id is null and periods.records_cost then 0 else trained.training_cost_amount end
        as decimal(38, 4)
    ) as training_cost_amount,
    headcount.person_days_count,
    headcount.days_count,
    headcount.is_people_withheld
from {{ ref('metrics_hr__headcount_periodic') }} as headcount
inner join periods
    on
        headcount.period_grain = periods.period_grain
        and headcount.period_start_date = periods.period_start_date
-- left: people without a course are people too
left join trained
    on
        headcount.period_grain = trained.period_grain
        and headcount.period_start_date = trained.period_start_date
        and headcount.scope_type = trained.scope_type
        and headcount.scope_id = trained.scope_id
where headcount.scope_type in ('company', 'department')
