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
        people.parent_scope_id,
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

-- docs/decisions/small-groups.md says which people each number speaks about
grouped as (
    select
        *,
        -- the last ones of an emptied scope left with its first day
        greatest(people_count, coalesce(leavers_count, 0)) as people_concerned_count,
        -- the women of a department less those among its leaders are those among the others
        case
            when leaders_count > 0 and leaders_count < headcount
                then least(leaders_count, headcount - leaders_count)
            else leaders_count
        end as leaders_or_others_count
    from counted
),

flagged as (
    select
        *,
        {{ is_withheld('headcount', whole='parent_scope_id') }} as is_headcount_withheld,
        {{ is_withheld('leaders_or_others_count', whole='parent_scope_id') }} as is_leaders_withheld,
        {{ is_withheld('people_concerned_count', whole='parent_scope_id') }} as is_people_withheld,
        {{ is_withheld('period_start_headcount', whole='parent_scope_id') }} as is_period_start_withheld
    from grouped
)

select
    flagged.period_grain,
    flagged.period_start_date,
    flagged.scope_type,
    flagged.scope_id,
    flagged.headcount,
    flagged.women_count,
    flagged.leaders_count,
    flagged.women_leaders_count,
    flagged.hires_count,
    flagged.leavers_count,
    flagged.person_days_count,
    flagged.days_count,
    flagged.people_count,
    flagged.period_start_headcount,
    flagged.retained_count,
    flagged.is_headcount_withheld
    or (flagged.headcount > 0 and coalesce(wholes.is_headcount_withheld, false)) as is_headcount_withheld,
    flagged.is_leaders_withheld
    or (flagged.leaders_count > 0 and coalesce(wholes.is_leaders_withheld, false)) as is_leaders_withheld,
    flagged.is_people_withheld
    or (flagged.people_concerned_count > 0 and coalesce(wholes.is_people_withheld, false)) as is_people_withheld,
    flagged.is_period_start_withheld
    or (flagged.period_start_headcount > 0 and coalesce(wholes.is_period_start_withheld, false))
        as is_period_start_withheld
from flagged
-- parts of a withheld whole would add up to it; left, since the company is part of nothing
left join flagged as wholes
    on
        flagged.period_grain = wholes.period_grain
        and flagged.period_start_date = wholes.period_start_date
        and flagged.parent_scope_id = wholes.scope_id
        and wholes.scope_type = case flagged.scope_type when 'team' then 'department' when 'department' then 'company' end
