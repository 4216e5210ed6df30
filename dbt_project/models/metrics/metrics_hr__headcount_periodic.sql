-- Edges, the same everywhere (docs/decisions/headcount-and-retention.md): a person is employed on
-- the first and on the last day; who has the last day on 31 December leaves with 1 January.
with periods as (
    select
        dim_periods.period_grain,
        dim_periods.period_start_date,
        dim_periods.through_date,
        cast({{ dbt.dateadd('day', -1, 'dim_periods.period_start_date') }} as date) as day_before_start,
        cast({{ dbt.dateadd('day', -1, 'dim_periods.through_date') }} as date) as day_before_through
    from {{ ref('dim_periods') }} as dim_periods
    inner join {{ ref('dim_coverage') }} as coverage
        on coverage.domain = 'hr' and dim_periods.through_date >= coverage.covered_from
),

-- at most one row per employee, period and event, in the department of that event's day
counted as (
    select
        periods.period_grain,
        periods.period_start_date,
        employment.department,
        1 as headcount,
        case when employment.gender = 'woman' then 1 else 0 end as women_count,
        0 as hires_count,
        0 as leavers_count,
        0 as period_start_headcount,
        0 as retained_count
    from {{ ref('fct_employment') }} as employment
    inner join periods
        on
            employment.start_date <= periods.through_date
            and (employment.end_date >= periods.through_date or employment.end_date is null)
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        employment.department,
        0 as headcount,
        0 as women_count,
        1 as hires_count,
        0 as leavers_count,
        0 as period_start_headcount,
        0 as retained_count
    from {{ ref('fct_employment') }} as employment
    inner join periods
        on employment.hire_date between periods.period_start_date and periods.through_date
    where employment.start_date = employment.hire_date
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        employment.department,
        0 as headcount,
        0 as women_count,
        0 as hires_count,
        1 as leavers_count,
        0 as period_start_headcount,
        0 as retained_count
    from {{ ref('fct_employment') }} as employment
    inner join periods
        on employment.leave_date between periods.day_before_start and periods.day_before_through
    where employment.end_date = employment.leave_date
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        employment.department,
        0 as headcount,
        0 as women_count,
        0 as hires_count,
        0 as leavers_count,
        1 as period_start_headcount,
        -- still with the company: a move to another department is no departure
        case when employment.leave_date < periods.through_date then 0 else 1 end as retained_count
    from {{ ref('fct_employment') }} as employment
    inner join periods
        on
            employment.start_date <= periods.day_before_start
            and (employment.end_date >= periods.day_before_start or employment.end_date is null)
),

summed as (
    select
        period_grain,
        period_start_date,
        case when grouping(department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(department) = 1 then 'all' else department end as scope_id,
        cast(sum(headcount) as bigint) as headcount,
        cast(sum(women_count) as bigint) as women_count,
        cast(sum(hires_count) as bigint) as hires_count,
        cast(sum(leavers_count) as bigint) as leavers_count,
        cast(sum(period_start_headcount) as bigint) as period_start_headcount,
        cast(sum(retained_count) as bigint) as retained_count
    from counted
    group by grouping sets (
        (period_grain, period_start_date),
        (period_grain, period_start_date, department)
    )
),

-- A staff list on which nobody has ever left is a list of present employees: whoever left is
-- missing from it, and that all of it was retained says nothing.
staff_list as (
    select count(leave_date) > 0 as has_leavers
    from {{ ref('fct_employment') }}
)

select
    summed.period_grain,
    summed.period_start_date,
    summed.scope_type,
    summed.scope_id,
    summed.headcount,
    summed.women_count,
    summed.hires_count,
    summed.leavers_count,
    summed.period_start_headcount,
    case when staff_list.has_leavers then summed.retained_count end as retained_count,
    {{ is_withheld('headcount') }} as is_headcount_withheld,
    {{ is_withheld('period_start_headcount') }} as is_period_start_withheld
from summed
cross join staff_list
