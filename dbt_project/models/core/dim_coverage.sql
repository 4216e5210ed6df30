-- What the delivered data can speak about, per domain. Declared dates win; without them the
-- events tell: from the first one to the last one, or to the as-of day where the last event
-- is so near it that the days between are ordinary quiet ones.
with settings as (
    select as_of_date from {{ source('audit', 'run_settings') }}
),

events as (
    select
        'sales' as domain,
        min(order_date) as first_date,
        max(order_date) as last_date
    from {{ ref('stg_sales__orders') }}
    union all
    select
        'sales' as domain,
        min(created_date) as first_date,
        max(created_date) as last_date
    from {{ ref('stg_sales__leads') }}
    union all
    select
        'marketing' as domain,
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from {{ ref('stg_marketing__campaign_days') }}
    union all
    select
        'marketing' as domain,
        min(session_date) as first_date,
        max(session_date) as last_date
    from {{ ref('stg_marketing__web_sessions') }}
    union all
    select
        'service' as domain,
        cast(min(opened_at) as date) as first_date,
        cast(max(opened_at) as date) as last_date
    from {{ ref('stg_service__tickets') }}
    union all
    select
        'service' as domain,
        min(answered_date) as first_date,
        max(answered_date) as last_date
    from {{ ref('stg_service__survey_answers') }}
    union all
    -- figures speak for their own periods, whenever they come: the domain knows no gaps of its own
    select
        'observed' as domain,
        min(observations.period_start_date) as first_date,
        max(settings.as_of_date) as last_date
    from {{ ref('stg_observed__observations') }} as observations
    cross join settings
    union all
    select
        'finance' as domain,
        min(posting_date) as first_date,
        max(posting_date) as last_date
    from {{ ref('stg_finance__postings') }}
    union all
    -- people are employed until they leave, so the staff list speaks to the as-of day
    select
        'hr' as domain,
        min(employees.hire_date) as first_date,
        max(settings.as_of_date) as last_date
    from {{ ref('stg_hr__employees') }} as employees
    cross join settings
    union all
    select
        'logistics' as domain,
        min(promised_date) as first_date,
        max(delivered_date) as last_date
    from {{ ref('stg_logistics__deliveries') }}
    union all
    select
        'logistics' as domain,
        min(ordered_date) as first_date,
        max(received_date) as last_date
    from {{ ref('stg_logistics__purchase_orders') }}
    union all
    select
        'logistics' as domain,
        min(stock_date) as first_date,
        max(stock_date) as last_date
    from {{ ref('stg_logistics__stock') }}
    union all
    select
        'logistics' as domain,
        min(started_date) as first_date,
        max(finished_date) as last_date
    from {{ ref('stg_logistics__production_orders') }}
),

observed as (
    select
        domain,
        min(first_date) as first_date,
        max(last_date) as last_date
    from events
    group by domain
),

declared as (
    select
        domain,
        min(covered_from) as covered_from,
        max(covered_to) as covered_to
    from {{ source('audit', 'domain_coverage') }}
    group by domain
),

quiet_days_allowed as (
    select 7 as days
),

-- Costs are booked when a month is closed; before that the ledger shows sales without them. A month
-- is closed once it has a balance sheet.
ledger_close as (
    select
        'finance' as domain,
        cast({{ dbt.last_day('max(balances.balance_date)', 'month') }} as date) as closed_to
    from {{ ref('stg_finance__balances') }} as balances
    inner join settings on balances.balance_date <= settings.as_of_date
)

select
    declared.domain,
    coalesce(declared.covered_from, observed.first_date) as covered_from,
    least(
        settings.as_of_date,
        coalesce(ledger_close.closed_to, settings.as_of_date),
        coalesce(
            declared.covered_to,
            case
                when
                    {{ dbt.datediff('observed.last_date', 'settings.as_of_date', 'day') }} <= quiet_days_allowed.days
                    then settings.as_of_date
                else observed.last_date
            end
        )
    ) as covered_to
from declared
-- left: a domain may be declared and fed while its staging entities come with a later version
left join observed on declared.domain = observed.domain
-- left: a company may deliver no balances
left join ledger_close on declared.domain = ledger_close.domain
cross join settings
cross join quiet_days_allowed
where coalesce(declared.covered_from, observed.first_date) is not null
