-- Everyone who is employed, has a role and states an ethnic group on the period's last known day.
with cells as (
    select
        periods.period_grain,
        periods.period_start_date,
        periods.period_status = 'settled' as is_settled,
        employees.role,
        employees.ethnic_group,
        count(*) as people_count
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
    group by
        periods.period_grain,
        periods.period_start_date,
        periods.period_status,
        employees.role,
        employees.ethnic_group
),

shares as (
    select
        period_grain,
        period_start_date,
        'role_group' as scope_type,
        role || ' / ' || ethnic_group as scope_id,
        role,
        is_settled,
        people_count,
        sum(people_count) over (partition by period_grain, period_start_date, role) as role_people_count
    from cells
)

select
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    is_settled,
    cast(people_count as bigint) as people_count,
    cast(role_people_count as bigint) as role_people_count,
    -- a role of fewer than five has no cell of five
    {{ is_withheld('people_count', whole='role') }} as is_group_withheld
from shares
