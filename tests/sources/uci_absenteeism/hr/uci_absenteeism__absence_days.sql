-- The file has a month and a weekday, no year and no day. Its rows run from July 2007 to July 2010, as its
-- publishers say, so every fall of the month begins a year. The first absence of a person on a Tuesday of a
-- month is dated on its first Tuesday, the next on the second. Eight hours are a day, and a longer absence
-- goes on over the working days that follow.
with ordered as (
    select
        *,
        case
            when "Month of absence" < lag("Month of absence") over (order by "row") then 1
            else 0
        end as is_new_year
    from {{ source('uci_absenteeism', 'absences') }}
    where "Month of absence" > 0
),

months as (
    select
        *,
        12 * sum(is_new_year) over (order by "row" rows unbounded preceding)
        + "Month of absence" - 1 as months_since_2007
    from ordered
),

absences as (
    select
        "row",
        id as employee_id,
        "Absenteeism time in hours" as absent_hours,
        -- by appointment (22, 23, 25, 27, 28) or for a blood donation (24): known before, and approved
        "Reason for absence" between 22 and 25 or "Reason for absence" between 27 and 28 as is_planned,
        "Day of the week" - 2 as days_since_monday,
        cast({{ dbt.dateadd('month', 'months_since_2007', "cast('2007-01-01' as date)") }} as date) as month_start_date
    from months
    -- without hours there is no absence: a talk about discipline, or a visit that took no time
    where "Absenteeism time in hours" > 0
),

placed as (
    select
        *,
        {{ dbt.datediff("cast('2000-01-03' as date)", 'month_start_date', 'day') }} % 7 as month_starts_since_monday,
        row_number() over (
            partition by employee_id, month_start_date, days_since_monday
            order by "row"
        ) as nth_of_month
    from absences
),

dated as (
    select
        *,
        cast(
            {{ dbt.dateadd(
                'day',
                '(days_since_monday - month_starts_since_monday + 7) % 7 + 7 * (nth_of_month - 1)',
                'month_start_date'
            ) }} as date
        ) as first_date
    from placed
),

-- 120 hours, 15 days, are the longest
numbers as (
    {{ dbt.generate_series(15) }}
),

days as (
    select
        dated.employee_id,
        dated.is_planned,
        least(dated.absent_hours - 8 * (numbers.generated_number - 1), 8) as absent_hours,
        -- two more days for each weekend on the way
        cast(
            {{ dbt.dateadd(
                'day',
                'numbers.generated_number - 1'
                ~ ' + 2 * cast(floor((dated.days_since_monday + numbers.generated_number - 1) / 5) as integer)',
                'dated.first_date'
            ) }} as date
        ) as absence_date
    from dated
    inner join numbers on dated.absent_hours > 8 * (numbers.generated_number - 1)
),

summed as (
    select
        employee_id,
        absence_date,
        sum(case when is_planned then 0 else absent_hours end) as unplanned_hours,
        sum(absent_hours) as absent_hours
    from days
    group by employee_id, absence_date
)

-- one row a day: what was not planned goes first, and nobody is away for more than the day
select
    employee_id,
    absence_date,
    unplanned_hours = 0 as is_planned,
    least(case when unplanned_hours > 0 then unplanned_hours else absent_hours end, 8) / 8.0 as absence_share
from summed
