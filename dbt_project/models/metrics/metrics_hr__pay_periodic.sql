-- Everyone who is employed and has a pay rate on the period's last known day. Sums and counts, no
-- means: a mean is divided once, in the KPI.
select
    periods.period_grain,
    periods.period_start_date,
    'company' as scope_type,
    'all' as scope_id,
    cast(sum(case when employees.gender = 'woman' then 1 else 0 end) as bigint) as women_count,
    cast(sum(case when employees.gender = 'man' then 1 else 0 end) as bigint) as men_count,
    cast(sum(case when employees.gender = 'woman' then pay.pay_rate_amount else 0 end) as decimal(38, 4))
        as women_pay_rate_amount,
    cast(sum(case when employees.gender = 'man' then pay.pay_rate_amount else 0 end) as decimal(38, 4))
        as men_pay_rate_amount,
    sum(case when employees.gender = 'woman' then 1 else 0 end) < {{ var('minimum_group_size', 5) }}
    or sum(case when employees.gender = 'man' then 1 else 0 end) < {{ var('minimum_group_size', 5) }}
        as is_pay_gap_withheld
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
group by periods.period_grain, periods.period_start_date
