-- Everyone who is employed, has a role and states an ethnic group on the period's last known day.
with recorded as (
    select
        periods.period_grain,
        periods.period_start_date,
        periods.period_status = 'settled' as is_settled,
        employees.role,
        employees.ethnic_group
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_coverage') }} as coverage
        on coverage.domain = 'hr' and periods.through_date >= coverage.covered_from
    inner join {{ ref('dim_employees') }} as employees
        on
            periods.through_date >= employees.hire_date
            and (periods.through_date <= employees.leave_date or employees.leave_date is null)
    where
        employees.role is not null
        and employees.ethnic_group is not null
        and periods.period_grain = 'year'
),

ethnic_groups as (
    select distinct ethnic_group
    from recorded
),

roles as (
    select
        period_grain,
        period_start_date,
        is_settled,
        role,
        count(*) as role_people_count,
        count(distinct ethnic_group) as role_groups_count
    from recorded
    group by period_grain, period_start_date, is_settled, role
),

cells as (
    select
        period_grain,
        period_start_date,
        role,
        ethnic_group,
        count(*) as people_count
    from recorded
    group by period_grain, period_start_date, role, ethnic_group
),

-- a group without anybody in the role has a share of 0
shares as (
    select
        roles.period_grain,
        roles.period_start_date,
        'role_group' as scope_type,
        roles.role || ' / ' || ethnic_groups.ethnic_group as scope_id,
        roles.is_settled,
        roles.role,
        roles.role_people_count,
        roles.role_groups_count,
        coalesce(cells.people_count, 0) as people_count
    from roles
    cross join ethnic_groups
    left join cells
        on
            roles.period_grain = cells.period_grain
            and roles.period_start_date = cells.period_start_date
            and roles.role = cells.role
            and ethnic_groups.ethnic_group = cells.ethnic_group
),

remembered as (
    select
        shares.*,
        withheld_before.scope_id is not null as was_withheld
    from shares
    left join {{ ref('fct_withheld_before') }} as withheld_before
        on
            withheld_before.subject = 'role_groups'
            and shares.scope_type = withheld_before.scope_type
            and shares.scope_id = withheld_before.scope_id
            and shares.period_start_date = withheld_before.withheld_date
)

select
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    is_settled,
    cast(people_count as bigint) as people_count,
    cast(role_people_count as bigint) as role_people_count,
    ({{ is_withheld('people_count', whole='role', withheld_before='was_withheld') }})
    or role_people_count < {{ var('minimum_group_size', 5) }}
    -- where all are of one group, its share and the zeros of the others tell the group of each
    or role_groups_count = 1 as is_group_withheld
from remembered
