select
    postings.posting_id,
    postings.posting_date,
    postings.account_id,
    chart.account_class,
    chart.cost_function,
    postings.department,
    postings.profit_effect_amount,
    postings.source_system
from {{ ref('stg_finance__postings') }} as postings
-- left, not inner: a posting on an unknown account still is profit or loss; the test on
-- account_class names it
left join {{ ref('stg_finance__accounts') }} as chart on postings.account_id = chart.account_id
