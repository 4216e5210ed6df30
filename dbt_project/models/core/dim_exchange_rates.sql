-- A quotation holds until the next one, and for a week at most: over weekends and holidays nothing
-- is quoted, but an old rate must not stand in for a missing one.
with quoted as (
    select
        currency_code,
        rate_date,
        rate,
        lead(rate_date) over (partition by currency_code order by rate_date) as next_rate_date
    from {{ ref('stg_finance__exchange_rates') }}
)

select
    quoted.currency_code,
    quoted.rate_date as valid_from,
    case
        when quoted.next_rate_date <= {{ dbt.dateadd('day', 7, 'quoted.rate_date') }}
            then cast({{ dbt.dateadd('day', -1, 'quoted.next_rate_date') }} as date)
        else cast({{ dbt.dateadd('day', 6, 'quoted.rate_date') }} as date)
    end as valid_to,
    quoted.rate
from quoted
cross join {{ source('audit', 'run_settings') }} as settings
where quoted.currency_code <> settings.reporting_currency
union all
-- an amount may also say that it is in the reporting currency
select
    reporting_currency as currency_code,
    cast('0001-01-01' as date) as valid_from,
    cast('9999-12-31' as date) as valid_to,
    cast(1 as decimal(18, 8)) as rate
from {{ source('audit', 'run_settings') }}
