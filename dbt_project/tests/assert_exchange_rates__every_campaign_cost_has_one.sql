-- A cost that could not be turned into the reporting currency is NULL: a rate is missing on its day.
select *
from {{ ref('fct_campaign_days') }}
where cost_amount is null
