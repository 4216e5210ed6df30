-- Everyone who is employed, has a pay rate and states an ethnic group on the period's last known
-- day: each group against all the others together.
with paid as (
    select
        periods.period_grain,
        periods.period_start_date,
        periods.period_status = 'settled' as is_settled,
        employees.ethnic_group,
        count(*) as people_count,
        sum(pay.pay_rate_amount) as pay_rate_amount
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_coverage') }} as coverage
        on coverage.domain = 'hr' and periods.through_date >= coverage.covered_from
    inner join {{ ref('dim_employees') }} as employees
        on
            periods.through_date >= employees.hire_date
            and (periods.through_date <= employees.leave_date or employees.leave_date is null)
    inner join {{ ref('fct_pay') }} as pay
        on
            employees.employee_id = pay.employee_id
            and periods.through_date >= pay.start_date
            and (periods.through_date <= pay.end_date or pay.end_date is null)
    where
        employees.ethnic_group is not null
        and periods.period_grain = 'year'
    group by periods.period_grain, periods.period_start_date, periods.period_status, employees.ethnic_group
),

compared as (
    select
        period_grain,
        period_start_date,
        'ethnic_group' as scope_type,
        ethnic_group as scope_id,
        is_settled,
        people_count,
        pay_rate_amount,
        sum(people_count) over (partition by period_grain, period_start_date) - people_count as others_count,
        sum(pay_rate_amount) over (partition by period_grain, period_start_date) - pay_rate_amount
            as others_pay_rate_amount
    from paid
),

remembered as (
    select
        compared.*,
        withheld_before.scope_id is not null as was_withheld
    from compared
    left join {{ ref('fct_withheld_before') }} as withheld_before
        on
            withheld_before.subject = 'ethnic_group_pay'
            and compared.scope_type = withheld_before.scope_type
            and compared.scope_id = withheld_before.scope_id
            and compared.period_start_date = withheld_before.withheld_date
)

select
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    is_settled,
    cast(people_count as bigint) as people_count,
    cast(pay_rate_amount as decimal(38, 4)) as pay_rate_amount,
    cast(others_count as bigint) as others_count,
    cast(others_pay_rate_amount as decimal(38, 4)) as others_pay_rate_amount,
    ({{ is_withheld('people_count', withheld_before='was_withheld') }})
    or others_count between 1 and {{ var('minimum_group_size', 5) }} - 1 as is_pay_gap_withheld
from remembered
