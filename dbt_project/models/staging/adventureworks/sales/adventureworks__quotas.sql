-- The quarter is the file's own label. 2011 quarter 2 has no quota and quarter 3 has two per
-- salesperson: docs/decisions/adventureworks-quota-quarters.md. Only resellers are sold to by people.
select
    cast(salesquotakey as varchar) as quota_id,
    'dw-' || cast(employeekey as varchar) as salesperson_id,
    'reseller' as channel,
    cast(
        cast(calendaryear as varchar) || case calendarquarter
            when 1 then '-01-01'
            when 2 then '-04-01'
            when 3 then '-07-01'
            when 4 then '-10-01'
        end as date
    ) as period_start_date,
    salesamountquota as quota_amount
from {{ source('adventureworks', 'sales_quota') }}
