{{ config(meta={'dagster': {'ref': {'name': 'ebitda_amount'}}}) }}
-- EBITDA from the bottom (net income + net interest + tax + depreciation + amortisation) equals
-- EBITDA from the top (revenue less the costs that belong in it), to the last digit. A posting on
-- an account without a class is in the first and not in the second, so it fails here too.
with from_the_top as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        revenue_amount
        - cost_of_goods_sold_amount
        - (operating_expenses_amount - depreciation_amount - amortisation_amount)
        + other_income_amount as ebitda_amount
    from {{ ref('metrics_finance__ledger_periodic') }}
    where scope_type = 'company'
)

select
    from_the_top.period_grain,
    from_the_top.period_start_date,
    from_the_top.ebitda_amount,
    ebitda.actual_value
from from_the_top
left join {{ ref('ebitda_amount') }} as ebitda
    on
        from_the_top.period_grain = ebitda.period_grain
        and from_the_top.period_start_date = ebitda.period_start_date
        and from_the_top.scope_type = ebitda.scope_type
        and from_the_top.scope_id = ebitda.scope_id
where ebitda.actual_value is null or ebitda.actual_value <> from_the_top.ebitda_amount
