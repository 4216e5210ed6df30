-- Edges, the same everywhere (docs/decisions/headcount-and-retention.md): a person is employed on
-- the first and on the last day; who has the last day on 31 December leaves with 1 January.
with periods as (
    select
        dim_periods.period_grain,
        dim_periods.period_start_date,
        dim_periods.through_date,
        cast({{ dbt.dateadd('day', -1, 'dim_periods.period_start_date') }} as date) as day_before_start,
        {{ dbt.datediff('dim_periods.period_start_date', 'dim_periods.through_date', 'day') }} + 1 as days_count
    from {{ ref('dim_periods') }} as dim_periods
    inner join {{ ref('dim_coverage') }} as coverage
        on coverage.domain = 'hr' and dim_periods.through_date >= coverage.covered_from
    where dim_periods.period_grain <> 'day'
),

-- persons, each counted once: of all who are employed in the period or on the day before it
people as (
    select
        periods.period_grain,
        periods.period_start_date,
        case
            when grouping(employment.team) = 0 then 'team'
            when grouping(employment.department) = 0 then 'department'
            else 'company'
        end as scope_type,
        coalesce(employment.department || ' / ' || employment.team, employment.department, 'all') as scope_id,
        case when grouping(employment.team) = 0 then employment.department else 'all' end as parent_scope_id,
        count(
            distinct case
                when employment.end_date >= periods.period_start_date or employment.end_date is null
                    then employment.employee_id
            end
        ) as people_count,
        count(
            distinct case
                when employment.start_date <= periods.day_before_start then employment.employee_id
            end
        ) as period_start_headcount,
        -- still with the company: a move to another department is no departure
        count(
            distinct case
                when
                    employment.start_date <= periods.day_before_start
                    and (employment.leave_date >= periods.through_date or employment.leave_date is null)
                    then employment.employee_id
            end
        ) as retained_count
    from {{ ref('fct_employment') }} as employment
    inner join periods
        on
            employment.start_date <= periods.through_date
            and (employment.end_date >= periods.day_before_start or employment.end_date is null)
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, employment.department),
        (periods.period_grain, periods.period_start_date, employment.department, employment.team)
    )
),

days as (
    select
        periods.period_grain,
        periods.period_start_date,
        case
            when grouping(daily.team) = 0 then 'team'
            when grouping(daily.department) = 0 then 'department'
            else 'company'
        end as scope_type,
        coalesce(daily.department || ' / ' || daily.team, daily.department, 'all') as scope_id,
        -- stocks are those of the last known day
        sum(case when daily.calendar_date = periods.through_date then daily.headcount end) as headcount,
        sum(case when daily.calendar_date = periods.through_date then daily.women_count end) as women_count,
        sum(case when daily.calendar_date = periods.through_date then daily.leaders_count end) as leaders_count,
        sum(case when daily.calendar_date = periods.through_date then daily.women_leaders_count end)
            as women_leaders_count,
        sum(daily.hires_count) as hires_count,
        sum(daily.leavers_count) as leavers_count,
        sum(daily.headcount) as person_days_count
    from {{ ref('metrics_hr__headcount_daily') }} as daily
    inner join periods on daily.calendar_date between periods.period_start_date and periods.through_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date),
        (periods.period_grain, periods.period_start_date, daily.department),
        (periods.period_grain, periods.period_start_date, daily.department, daily.team)
    )
),

-- what the list does not record is NULL on every day
staff_list as (
    select
        count(leavers_count) > 0 as records_leavers,
        count(leaders_count) > 0 as records_leaders
    from {{ ref('metrics_hr__headcount_daily') }}
),

counted as (
    select
        people.period_grain,
        people.period_start_date,
        people.scope_type,
        people.scope_id,
        periods.through_date,
        cast(coalesce(days.headcount, 0) as bigint) as headcount,
        cast(coalesce(days.women_count, 0) as bigint) as women_count,
        cast(case when staff_list.records_leaders then coalesce(days.leaders_count, 0) end as bigint)
            as leaders_count,
        cast(case when staff_list.records_leaders then coalesce(days.women_leaders_count, 0) end as bigint)
            as women_leaders_count,
        cast(coalesce(days.hires_count, 0) as bigint) as hires_count,
        cast(case when staff_list.records_leavers then coalesce(days.leavers_count, 0) end as bigint)
            as leavers_count,
        cast(coalesce(days.person_days_count, 0) as bigint) as person_days_count,
        cast(periods.days_count as bigint) as days_count,
        cast(people.people_count as bigint) as people_count,
        cast(people.period_start_headcount as bigint) as period_start_headcount,
        cast(case when staff_list.records_leavers then people.retained_count end as bigint) as retained_count
    from people
    inner join periods
        on
            people.period_grain = periods.period_grain
            and people.period_start_date = periods.period_start_date
    -- left: whoever was there before the period only has no day in it
    left join days
        on
            people.period_grain = days.period_grain
            and people.period_start_date = days.period_start_date
            and people.scope_type = days.scope_type
            and people.scope_id = days.scope_id
    cross join staff_list
    -- a department without teams is no team of its own
    where people.scope_type <> 'team' or people.scope_id <> people.parent_scope_id
),

-- One day withheld is enough: the period less its other days would be that day. The evening before
-- the period counts with it, since whoever is gone from there is who came and went.
withheld as (
    select distinct
        periods.period_grain,
        periods.period_start_date,
        small_groups.scope_type,
        small_groups.scope_id
    from {{ ref('metrics_hr__small_groups_daily') }} as small_groups
    inner join periods
        on small_groups.calendar_date between periods.day_before_start and periods.through_date
    where small_groups.is_people_withheld
)

select
    counted.period_grain,
    counted.period_start_date,
    counted.scope_type,
    counted.scope_id,
    counted.headcount,
    counted.women_count,
    counted.leaders_count,
    counted.women_leaders_count,
    counted.hires_count,
    counted.leavers_count,
    counted.person_days_count,
    counted.days_count,
    counted.people_count,
    counted.period_start_headcount,
    counted.retained_count,
    -- facts of one day depend on that day only
    counted.headcount > 0 and coalesce(closing.is_people_withheld, false) as is_headcount_withheld,
    counted.headcount > 0 and coalesce(closing.is_leaders_withheld, false) as is_leaders_withheld,
    withheld.scope_id is not null as is_people_withheld
from counted
left join {{ ref('metrics_hr__small_groups_daily') }} as closing
    on
        counted.through_date = closing.calendar_date
        and counted.scope_type = closing.scope_type
        and counted.scope_id = closing.scope_id
left join withheld
    on
        counted.period_grain = withheld.period_grain
        and counted.period_start_date = withheld.period_start_date
        and counted.scope_type = withheld.scope_type
        and counted.scope_id = withheld.scope_id
