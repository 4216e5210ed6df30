-- Who is employed on each day, who comes and who leaves. Days run to the last one the run knows, from
-- the first of the earliest period that the staff list can speak about.
with bounds as (
    select
        min(periods.period_start_date) as first_date,
        max(periods.through_date) as last_date
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_coverage') }} as coverage
        on coverage.domain = 'hr' and periods.through_date >= coverage.covered_from
),

days as (
    select
        dates.calendar_date,
        cast({{ dbt.dateadd('day', -1, 'dates.calendar_date') }} as date) as day_before
    from {{ ref('dim_dates') }} as dates
    inner join bounds on dates.calendar_date between bounds.first_date and bounds.last_date
),

-- A staff list on which nobody has ever left is a list of present employees: whoever left is
-- missing from it, and that nobody leaves says nothing. Nor does a list that never says who leads.
staff_list as (
    select
        count(leave_date) > 0 as records_leavers,
        count(is_leader) > 0 as records_leaders
    from {{ ref('fct_employment') }}
),

counted as (
    select
        days.calendar_date,
        employment.department,
        employment.team,
        1 as headcount,
        case when employment.gender = 'woman' then 1 else 0 end as women_count,
        case when employment.is_leader then 1 else 0 end as leaders_count,
        case when employment.is_leader and employment.gender = 'woman' then 1 else 0 end as women_leaders_count,
        case when employment.hire_date = days.calendar_date then 1 else 0 end as hires_count,
        0 as leavers_count
    from {{ ref('fct_employment') }} as employment
    inner join days
        on
            employment.start_date <= days.calendar_date
            and (employment.end_date >= days.calendar_date or employment.end_date is null)
    union all
    -- who has the last day on 31 December leaves with 1 January: docs/decisions/headcount-and-retention.md
    select
        days.calendar_date,
        employment.department,
        employment.team,
        0 as headcount,
        0 as women_count,
        0 as leaders_count,
        0 as women_leaders_count,
        0 as hires_count,
        1 as leavers_count
    from {{ ref('fct_employment') }} as employment
    inner join days on employment.leave_date = days.day_before
    where employment.end_date = employment.leave_date
),

summed as (
    select
        calendar_date,
        department,
        coalesce(team, 'unassigned') as team,
        cast(sum(headcount) as bigint) as headcount,
        cast(sum(women_count) as bigint) as women_count,
        cast(sum(leaders_count) as bigint) as leaders_count,
        cast(sum(women_leaders_count) as bigint) as women_leaders_count,
        cast(sum(hires_count) as bigint) as hires_count,
        cast(sum(leavers_count) as bigint) as leavers_count
    from counted
    group by calendar_date, department, coalesce(team, 'unassigned')
)

select
    summed.calendar_date,
    summed.department,
    summed.team,
    summed.headcount,
    summed.women_count,
    case when staff_list.records_leaders then summed.leaders_count end as leaders_count,
    case when staff_list.records_leaders then summed.women_leaders_count end as women_leaders_count,
    summed.hires_count,
    case when staff_list.records_leavers then summed.leavers_count end as leavers_count
from summed
cross join staff_list
