-- Compared are the months and accounts that budget_periodic compares (docs/decisions/budget-variance.md),
-- of costs only: a line is an account in a department that was given a budget for it.
with cells as (
    select
        periods.period_grain,
        periods.period_start_date,
        cells.account_id,
        cells.department,
        sum(-cells.actual_profit_effect_amount) as actual_cost_amount,
        sum(-cells.budget_profit_effect_amount) as budget_cost_amount
    from {{ ref('metrics_finance__budget_monthly') }} as cells
    inner join {{ ref('dim_periods') }} as periods
        on
            cells.month_start_date between periods.period_start_date and periods.through_date
            -- the part of the month that belongs to the period
            and cells.through_date
            = least(cast({{ dbt.last_day('cells.month_start_date', 'month') }} as date), periods.through_date)
    where
        periods.period_grain not in ('day', 'week', 'week_to_date')
        and cells.is_account_budgeted
        and cells.is_month_posted
        and cells.account_class in (
            'cost_of_goods_sold', 'operating_expense', 'depreciation', 'amortisation', 'interest_expense', 'tax'
        )
    group by periods.period_grain, periods.period_start_date, cells.account_id, cells.department
),

spent_without_a_line as (
    select
        period_grain,
        period_start_date,
        account_id,
        sum(actual_cost_amount) as actual_cost_amount
    from cells
    where budget_cost_amount is null
    group by period_grain, period_start_date, account_id
),

lines as (
    select
        cells.period_grain,
        cells.period_start_date,
        cells.department,
        cells.budget_cost_amount,
        coalesce(cells.actual_cost_amount, 0) + coalesce(spent_without_a_line.actual_cost_amount, 0)
            as actual_cost_amount
    from cells
    -- left: a budget that is kept by account and not by department stands on `unassigned`, and is
    -- used up by whichever departments spend on the account
    left join spent_without_a_line
        on
            cells.department = 'unassigned'
            and cells.period_grain = spent_without_a_line.period_grain
            and cells.period_start_date = spent_without_a_line.period_start_date
            and cells.account_id = spent_without_a_line.account_id
    where cells.budget_cost_amount is not null
),

counted as (
    select
        period_grain,
        period_start_date,
        case when grouping(department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(department) = 1 then 'all' else department end as scope_id,
        cast(count(*) as bigint) as lines_count,
        cast(sum(case when actual_cost_amount > budget_cost_amount then 1 else 0 end) as bigint)
            as overrun_lines_count
    from lines
    group by grouping sets (
        (period_grain, period_start_date),
        (period_grain, period_start_date, department)
    )
)

select
    counted.period_grain,
    counted.period_start_date,
    counted.scope_type,
    counted.scope_id,
    counted.lines_count,
    counted.overrun_lines_count,
    compared.is_partly_budgeted
from counted
-- inner: a department that stands on one side only is no scope of its own
inner join {{ ref('metrics_finance__budget_periodic') }} as compared
    on
        counted.period_grain = compared.period_grain
        and counted.period_start_date = compared.period_start_date
        and counted.scope_type = compared.scope_type
        and counted.scope_id = compared.scope_id
