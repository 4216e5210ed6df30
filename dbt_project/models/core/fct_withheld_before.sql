-- A day is withheld for good: what an edition hid, no later one may show (docs/decisions/small-groups.md).
select distinct
    subject,
    scope_type,
    scope_id,
    withheld_date
from {{ source('audit', 'withheld_days') }}
