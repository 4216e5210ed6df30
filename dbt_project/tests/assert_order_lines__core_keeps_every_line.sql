{{ config(meta={'dagster': {'ref': {'name': 'fct_order_lines'}}}) }}
-- The joins of fct_order_lines neither lose nor multiply a line: same rows, and of the lines in the
-- reporting currency the same money, to the cent.
with sums as (
    select
        (select count(*) from {{ ref('stg_sales__order_lines') }}) as staging_count,
        (select count(*) from {{ ref('fct_order_lines') }}) as core_count,
        (
            select coalesce(sum(net_amount), 0)
            from {{ ref('stg_sales__order_lines') }}
            where currency_code is null
        ) as staging_amount,
        (
            select coalesce(sum(core.net_amount), 0)
            from {{ ref('fct_order_lines') }} as core
            inner join {{ ref('stg_sales__order_lines') }} as staging
                on core.order_id = staging.order_id and core.line_number = staging.line_number
            where staging.currency_code is null
        ) as core_amount
)

select *
from sums
where staging_count <> core_count or staging_amount <> core_amount
