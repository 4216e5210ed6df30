-- the segment is the customer's size: 37 industries for 300 customers would be segments of eight
select
    accountseq as customer_id,
    region,
    case
        when "Annual Revenue" >= 100000000 then 'large'
        when "Annual Revenue" >= 50000000 then 'medium'
        when "Annual Revenue" is not null then 'small'
    end as customer_segment
from {{ source('powerbi_ai_sample', 'accounts') }}
