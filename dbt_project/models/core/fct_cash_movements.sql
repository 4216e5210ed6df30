select
    movement_id,
    movement_date,
    cash_flow_class,
    amount,
    source_system
from {{ ref('stg_finance__cash_movements') }}
