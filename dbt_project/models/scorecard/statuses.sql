select
    status,
    status_order,
    label_en,
    label_sv,
    meaning_en,
    meaning_sv
from {{ ref('status_labels') }}
