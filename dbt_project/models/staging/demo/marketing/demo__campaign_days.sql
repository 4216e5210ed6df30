-- The amount of the invoice; the ledger's amount in kronor is what it comes to at the rate of the day.
select
    campaign_id,
    date as activity_date,
    impressions as impressions_count,
    clicks as clicks_count,
    invoice_amount as cost_amount,
    invoice_currency as currency_code
from {{ source('demo', 'campaign_days') }}
