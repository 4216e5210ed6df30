-- Everyone who is employed and has a pay rate on the period's last known day. Sums and counts, no
-- means: a mean is divided once, in the KPI.
with paid as (
    select
        periods.period_grain,
        periods.period_start_date,
        employees.gender,
        pay.pay_rate_amount,
        row_number() over (
            partition by periods.period_grain, periods.period_start_date, employees.gender
            order by pay.pay_rate_amount, employees.employee_id
        ) as pay_rank,
        count(*) over (
            partition by periods.period_grain, periods.period_start_date, employees.gender
        ) as paid_count
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
    where periods.period_grain not in ('day', 'week', 'week_to_date')
)

select
    period_grain,
    period_start_date,
    'company' as scope_type,
    'all' as scope_id,
    cast(sum(case when gender = 'woman' then 1 else 0 end) as bigint) as women_count,
    cast(sum(case when gender = 'man' then 1 else 0 end) as bigint) as men_count,
    cast(sum(case when gender = 'woman' then pay_rate_amount else 0 end) as decimal(38, 4)) as women_pay_rate_amount,
    cast(sum(case when gender = 'man' then pay_rate_amount else 0 end) as decimal(38, 4)) as men_pay_rate_amount,
    -- the one in the middle, or the mean of the two
    cast(
        avg(case when gender = 'woman' and pay_rank * 2 between paid_count and paid_count + 2 then pay_rate_amount end)
        as decimal(38, 5)
    ) as women_median_pay_rate_amount,
    cast(
        avg(case when gender = 'man' and pay_rank * 2 between paid_count and paid_count + 2 then pay_rate_amount end)
        as decimal(38, 5)
    ) as men_median_pay_rate_amount,
    sum(case when gender = 'woman' then 1 else 0 end) < {{ var('minimum_group_size', 5) }}
    or sum(case when gender = 'man' then 1 else 0 end) < {{ var('minimum_group_size', 5) }}
        as is_pay_gap_withheld
from paid
group by period_grain, period_start_date
