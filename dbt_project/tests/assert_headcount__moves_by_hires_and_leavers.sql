-- For the company: employed before the period + hires - leavers = employed at its end. And the
-- departments add up to the company, at both ends.
with departments as (
    select
        period_grain,
        period_start_date,
        sum(headcount) as headcount,
        sum(period_start_headcount) as period_start_headcount,
        sum(retained_count) as retained_count
    from {{ ref('metrics_hr__headcount_periodic') }}
    where scope_type = 'department'
    group by period_grain, period_start_date
)

select
    company.period_grain,
    company.period_start_date,
    company.period_start_headcount,
    company.hires_count,
    company.leavers_count,
    company.headcount,
    departments.headcount as departments_headcount
from {{ ref('metrics_hr__headcount_periodic') }} as company
left join departments
    on
        company.period_grain = departments.period_grain
        and company.period_start_date = departments.period_start_date
where
    company.scope_type = 'company'
    and (
        company.period_start_headcount + company.hires_count - company.leavers_count <> company.headcount
        or departments.headcount is null
        or company.headcount <> departments.headcount
        or company.period_start_headcount <> departments.period_start_headcount
        or company.retained_count <> departments.retained_count
    )
