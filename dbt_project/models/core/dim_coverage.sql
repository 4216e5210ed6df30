-- What the delivered data can speak about, per domain. Declared dates win; without them the
-- events tell: from the first one to the last one, or to the as-of day where the last event
-- is so near it that the days between are ordinary quiet ones.
with settings as (
    select as_of_date from {{ source('audit', 'run_settings') }}
),

observed as (
    select
        domain,
        min(first_date) as first_date,
        max(last_date) as last_date
    from {{ ref('dim_event_spans') }}
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

-- Costs are booked when a month is closed; before that the ledger shows sales without them. A month
-- is closed once it has a balance sheet.
ledger_close as (
    select
        'finance' as domain,
        case
            -- nobody knows a closed month: none is
            when is_remembered and last_date is null then cast('1900-01-01' as date)
            else cast({{ dbt.last_day('last_date', 'month') }} as date)
        end as closed_to
    from {{ ref('dim_event_spans') }}
    where domain = 'ledger_close'
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
                    {{ dbt.datediff('observed.last_date', 'settings.as_of_date', 'day') }} <= {{ var('quiet_days_allowed', 7) }}
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
where coalesce(declared.covered_from, observed.first_date) is not null
