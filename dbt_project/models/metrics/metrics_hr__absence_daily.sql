-- The working days of everyone employed, and how much of them was unplanned absence. Days before
-- the month of the first recorded absence are left out: nobody being absent and nobody recording
-- absence look the same in the extract.
with recorded as (
    select cast({{ dbt.date_trunc('month', 'min(absence_date)') }} as date) as recorded_from_date
    from {{ ref('fct_absence_days') }}
),

working_days as (
    select dates.calendar_date
    from {{ ref('dim_dates') }} as dates
    cross join recorded
    inner join {{ ref('dim_coverage') }} as coverage
        on
            dates.calendar_date between coverage.covered_from and coverage.covered_to
            and coverage.domain = 'hr'
    where
        dates.is_working_day
        -- without any record the comparison is NULL, and no day is measured
        and dates.calendar_date >= recorded.recorded_from_date
),

available as (
    select
        working_days.calendar_date,
        employment.department,
        count(*) as available_working_days
    from working_days
    inner join {{ ref('fct_employment') }} as employment
        on
            working_days.calendar_date >= employment.start_date
            and (working_days.calendar_date <= employment.end_date or employment.end_date is null)
    group by working_days.calendar_date, employment.department
),

absent as (
    select
        absence_date,
        department,
        sum(absence_share) as unplanned_absence_days
    from {{ ref('fct_absence_days') }}
    where not is_planned
    group by absence_date, department
)

select
    available.calendar_date,
    available.department,
    cast(coalesce(absent.unplanned_absence_days, 0) as decimal(38, 6)) as unplanned_absence_days,
    cast(available.available_working_days as bigint) as available_working_days
from available
-- left from the available days: an absence on a holiday or after the last day is no lost working day
left join absent
    on
        available.calendar_date = absent.absence_date
        and available.department = absent.department
