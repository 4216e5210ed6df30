-- The working days of everyone employed, how much of them was unplanned absence, and how many times
-- such an absence began. Days before
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

-- numbered without gaps: consecutive working days differ by one, whatever lies between them
numbered_days as (
    select
        calendar_date,
        row_number() over (order by calendar_date) as working_day_number
    from {{ ref('dim_dates') }}
    where is_working_day
),

unplanned as (
    select
        absence_days.absence_date,
        absence_days.department,
        absence_days.absence_share,
        numbered_days.working_day_number,
        lag(numbered_days.working_day_number) over (
            partition by absence_days.employee_id
            order by absence_days.absence_date
        ) as previous_working_day_number
    from {{ ref('fct_absence_days') }} as absence_days
    -- inner: an absence on a holiday is no lost working day, and neither begins nor ends an occasion
    inner join numbered_days on absence_days.absence_date = numbered_days.calendar_date
    where
        not absence_days.is_planned
        -- who is not employed is not absent: an occasion begins on the first day of employment at the earliest
        and absence_days.department is not null
),

absent as (
    select
        absence_date,
        department,
        sum(absence_share) as unplanned_absence_days,
        sum(case when previous_working_day_number = working_day_number - 1 then 0 else 1 end) as occasions_count
    from unplanned
    group by absence_date, department
)

select
    available.calendar_date,
    available.department,
    cast(coalesce(absent.unplanned_absence_days, 0) as decimal(38, 6)) as unplanned_absence_days,
    cast(coalesce(absent.occasions_count, 0) as bigint) as absence_occasions_count,
    cast(available.available_working_days as bigint) as available_working_days
from available
-- left from the available days: an absence after the last day of employment is no lost working day
left join absent
    on
        available.calendar_date = absent.absence_date
        and available.department = absent.department
