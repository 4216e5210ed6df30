-- Which months and accounts are compared, and why: docs/decisions/budget-variance.md
with scope_months as (
    select
        month_start_date,
        through_date,
        month_status,
        is_month_posted,
        case when grouping(department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(department) = 1 then 'all' else department end as scope_id,
        -- an account that nobody budgets in a month has nothing to be compared with
        sum(case when is_account_budgeted then actual_profit_effect_amount else 0 end) as actual_amount,
        sum(budget_profit_effect_amount) as budget_amount,
        max(case when actual_profit_effect_amount is null then 0 else 1 end) as has_postings,
        max(case when budget_profit_effect_amount is null then 0 else 1 end) as has_budget
    from {{ ref('metrics_finance__budget_monthly') }}
    group by grouping sets (
        (month_start_date, through_date, month_status, is_month_posted),
        (month_start_date, through_date, month_status, is_month_posted, department)
    )
),

judged as (
    select
        *,
        has_budget = 1 and is_month_posted as is_compared,
        (has_postings = 1 and has_budget = 0)
        -- an open month in which nothing is posted yet has only begun: nothing is missing
        or (has_budget = 1 and not is_month_posted and month_status = 'settled') as is_one_sided,
        -- a budget that is not kept by department stands on `unassigned`, where nobody spends
        max(has_postings) over (partition by scope_type, scope_id) = 1
        and max(has_budget) over (partition by scope_type, scope_id) = 1 as is_scope_on_both_sides
    from scope_months
)

select
    periods.period_grain,
    periods.period_start_date,
    judged.scope_type,
    judged.scope_id,
    cast(sum(case when judged.is_compared then coalesce(judged.actual_amount, 0) end) as decimal(38, 10))
        as actual_profit_effect_amount,
    cast(sum(case when judged.is_compared then judged.budget_amount end) as decimal(38, 10))
        as budget_profit_effect_amount,
    max(case when judged.is_one_sided then 1 else 0 end) = 1 as is_partly_budgeted
from judged
inner join {{ ref('dim_periods') }} as periods
    on
        judged.month_start_date between periods.period_start_date and periods.through_date
        -- the part of the month that belongs to the period
        and judged.through_date
        = least(cast({{ dbt.last_day('judged.month_start_date', 'month') }} as date), periods.through_date)
where judged.is_scope_on_both_sides and periods.period_grain not in ('day', 'week', 'week_to_date')
group by periods.period_grain, periods.period_start_date, judged.scope_type, judged.scope_id
having max(case when judged.is_compared then 1 else 0 end) = 1
