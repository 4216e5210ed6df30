-- The last balance sheet inside each period. A period without one gets no row: an older sheet
-- would show last period's position as this period's.
with latest as (
    select
        periods.period_grain,
        periods.period_start_date,
        max(sheets.balance_date) as balance_date
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('metrics_finance__balances_daily') }} as sheets
        on sheets.balance_date between periods.period_start_date and periods.through_date
    where periods.period_grain not in ('day', 'week', 'week_to_date')
    group by periods.period_grain, periods.period_start_date
)

select
    latest.period_grain,
    latest.period_start_date,
    'company' as scope_type,
    'all' as scope_id,
    sheets.balance_date,
    sheets.current_assets_amount,
    sheets.cash_amount,
    sheets.receivables_amount,
    sheets.inventory_amount,
    sheets.total_assets_amount,
    sheets.current_liabilities_amount,
    sheets.total_liabilities_amount,
    sheets.total_debt_amount,
    sheets.equity_amount
from latest
inner join {{ ref('metrics_finance__balances_daily') }} as sheets on latest.balance_date = sheets.balance_date
