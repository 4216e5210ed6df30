-- Which groups of people with timesheets are too small to tell anything about, by whole months: by the
-- day or week nearly all are (docs/decisions/small-groups.md).
with filled_in as (
    select distinct
        cast({{ dbt.date_trunc('month', 'timesheets.work_date') }} as date) as month_start_date,
        timesheets.department,
        timesheets.employee_id
    from {{ ref('fct_timesheets') }} as timesheets
    cross join {{ ref('dim_settings') }} as settings
    where
        {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, dbt.date_trunc('month', 'timesheets.work_date'))) }}
        <= settings.as_of_date
),

sized as (
    select
        month_start_date,
        case when grouping(department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(department) = 1 then 'all' else department end as scope_id,
        count(distinct employee_id) as people_count
    from filled_in
    group by grouping sets ((month_start_date), (month_start_date, department))
),

remembered as (
    select
        sized.*,
        withheld_before.scope_id is not null as was_withheld
    from sized
    left join {{ ref('fct_withheld_before') }} as withheld_before
        on
            withheld_before.subject = 'timesheets'
            and sized.scope_type = withheld_before.scope_type
            and sized.scope_id = withheld_before.scope_id
            and sized.month_start_date = withheld_before.withheld_date
),

-- in the order in which groups are withheld
ranked as (
    select
        *,
        row_number() over (
            partition by month_start_date, scope_type
            order by
                case when people_count < {{ var('minimum_group_size', 5) }} or was_withheld then 0 else 1 end,
                people_count,
                scope_id
        ) as place
    from remembered
),

-- who wrote time in two departments is one person behind both
first_places as (
    select
        filled_in.month_start_date,
        filled_in.employee_id,
        min(ranked.place) as place
    from filled_in
    inner join ranked
        on
            filled_in.month_start_date = ranked.month_start_date
            and ranked.scope_type = 'department'
            and filled_in.department = ranked.scope_id
    group by filled_in.month_start_date, filled_in.employee_id
),

new_people as (
    select
        month_start_date,
        place,
        count(*) as new_people_count
    from first_places
    group by month_start_date, place
),

joined as (
    select
        ranked.*,
        coalesce(new_people.new_people_count, 0) as new_people_count
    from ranked
    left join new_people
        on
            ranked.scope_type = 'department'
            and ranked.month_start_date = new_people.month_start_date
            and ranked.place = new_people.place
),

flagged as (
    select
        *,
        {{ is_withheld(
            'people_count',
            period='month_start_date',
            withheld_before='was_withheld',
            new_people_count='new_people_count'
        ) }} as is_flagged
    from joined
)

select
    flagged.month_start_date,
    flagged.scope_type,
    flagged.scope_id,
    cast(flagged.people_count as bigint) as people_count,
    flagged.is_flagged or companies.is_flagged as is_withheld
from flagged
inner join flagged as companies
    on companies.scope_type = 'company' and flagged.month_start_date = companies.month_start_date
