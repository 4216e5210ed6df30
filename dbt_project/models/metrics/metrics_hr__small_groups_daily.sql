-- Which groups of people are too small to tell anything about on which day. On one day everybody is in
-- one department and team, so that the sizes add up (docs/decisions/small-groups.md).
with bounds as (
    select
        -- the evening before a period says who there was to stay
        cast({{ dbt.dateadd('day', -1, 'min(periods.period_start_date)') }} as date) as first_date,
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

there as (
    select
        days.calendar_date,
        employment.department,
        employment.team,
        1 as headcount,
        0 as leavers_count,
        case when employment.gender = 'woman' then 1 else 0 end as women_count,
        case when employment.is_leader then 1 else 0 end as leaders_count
    from {{ ref('fct_employment') }} as employment
    inner join days
        on
            employment.start_date <= days.calendar_date
            and (employment.end_date >= days.calendar_date or employment.end_date is null)
    union all
    select
        days.calendar_date,
        employment.department,
        employment.team,
        0 as headcount,
        1 as leavers_count,
        0 as women_count,
        0 as leaders_count
    from {{ ref('fct_employment') }} as employment
    inner join days on employment.leave_date = days.day_before
    where employment.end_date = employment.leave_date
),

sized as (
    select
        calendar_date,
        case
            when grouping(team) = 0 then 'team'
            when grouping(department) = 0 then 'department'
            else 'company'
        end as scope_type,
        coalesce(department || ' / ' || team, department, 'all') as scope_id,
        case when grouping(team) = 0 then department else 'all' end as parent_scope_id,
        sum(headcount) as headcount,
        sum(women_count) as women_count,
        sum(leaders_count) as leaders_count,
        -- the last ones of an emptied group left with its first empty day
        greatest(sum(headcount), sum(leavers_count)) as people_count
    from there
    group by grouping sets (
        (calendar_date),
        (calendar_date, department),
        (calendar_date, department, team)
    )
),

remembered as (
    select
        sized.*,
        people_before.scope_id is not null as was_people_withheld,
        leaders_before.scope_id is not null as was_leaders_withheld
    from sized
    left join {{ ref('fct_withheld_before') }} as people_before
        on
            people_before.subject = 'people'
            and sized.scope_type = people_before.scope_type
            and sized.scope_id = people_before.scope_id
            and sized.calendar_date = people_before.withheld_date
    left join {{ ref('fct_withheld_before') }} as leaders_before
        on
            leaders_before.subject = 'leaders'
            and sized.scope_type = leaders_before.scope_type
            and sized.scope_id = leaders_before.scope_id
            and sized.calendar_date = leaders_before.withheld_date
    -- a department without teams is no team of its own
    where sized.scope_type <> 'team' or sized.scope_id <> sized.parent_scope_id
),

people_flagged as (
    select
        *,
        {{ is_withheld(
            'people_count', whole='parent_scope_id', period='calendar_date', withheld_before='was_people_withheld'
        ) }} as is_people_flagged
    from remembered
),

people_judged as (
    select
        flagged.*,
        flagged.is_people_flagged
        -- parts of a withheld whole would add up to it
        or coalesce(departments.is_people_flagged, false)
        or coalesce(companies.is_people_flagged, false) as is_people_withheld
    from people_flagged as flagged
    left join people_flagged as departments
        on
            flagged.scope_type = 'team'
            and departments.scope_type = 'department'
            and flagged.parent_scope_id = departments.scope_id
            and flagged.calendar_date = departments.calendar_date
    left join people_flagged as companies
        on companies.scope_type = 'company' and flagged.calendar_date = companies.calendar_date
),

-- The women of a department less those among its leaders are those among the others: both are a group.
leaders_sized as (
    select
        *,
        case
            when leaders_count > 0 and leaders_count < headcount
                then least(leaders_count, headcount - leaders_count)
            else leaders_count
        end as leaders_or_others_count,
        -- where all lead, or all or none are women, the share of women says who leads: nothing hides behind it
        not is_people_withheld
        and (leaders_count = headcount or women_count in (0, headcount)) as is_told_by_women_share
    from people_judged
),

leaders_counted as (
    select
        *,
        case when is_told_by_women_share then 0 else leaders_or_others_count end as covering_count,
        case
            when
                is_told_by_women_share
                and not was_leaders_withheld
                and leaders_or_others_count >= {{ var('minimum_group_size', 5) }}
                then 0
            else leaders_or_others_count
        end as judged_count
    from leaders_sized
),

leaders_flagged as (
    select
        *,
        ({{ is_withheld(
            'judged_count',
            whole='parent_scope_id',
            period='calendar_date',
            withheld_before='(was_leaders_withheld or is_people_withheld)',
            new_people_count='covering_count'
        ) }})
        or (leaders_count > 0 and is_people_withheld) as is_leaders_flagged
    from leaders_counted
),

hiding as (
    select
        calendar_date,
        max(case when scope_type = 'company' and is_leaders_flagged then 1 else 0 end) as is_company_flagged,
        max(case when scope_type = 'department' and is_leaders_flagged then 1 else 0 end) as is_any_flagged,
        sum(case when scope_type = 'department' and is_leaders_flagged and covering_count > 0 then 1 else 0 end)
            as groups_count,
        sum(
            case
                when scope_type = 'department' and is_leaders_flagged and covering_count > 0 then leaders_count else 0
            end
        ) as leaders_count,
        sum(
            case
                when scope_type = 'department' and is_leaders_flagged and covering_count > 0
                    then headcount - leaders_count
                else 0
            end
        ) as others_count
    from leaders_flagged
    group by calendar_date
),

-- where the departments can't hide each other the company would give them away
companies as (
    select
        calendar_date,
        is_company_flagged = 1
        or (
            is_any_flagged = 1
            and (
                groups_count < 2
                or leaders_count < {{ var('minimum_group_size', 5) }}
                or others_count between 1 and {{ var('minimum_group_size', 5) }} - 1
            )
        ) as is_company_withheld
    from hiding
)

select
    flagged.calendar_date,
    flagged.scope_type,
    flagged.scope_id,
    flagged.parent_scope_id,
    cast(flagged.people_count as bigint) as people_count,
    cast(flagged.leaders_or_others_count as bigint) as leaders_or_others_count,
    cast(flagged.covering_count as bigint) as covering_leaders_count,
    flagged.is_people_withheld,
    flagged.leaders_count > 0
    and (flagged.is_leaders_flagged or companies.is_company_withheld) as is_leaders_withheld
from leaders_flagged as flagged
inner join companies on flagged.calendar_date = companies.calendar_date
