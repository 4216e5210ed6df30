-- (mean pay of all other recorded groups - mean pay of the group) / mean pay of the others, unadjusted
with pay as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_settled,
        is_pay_gap_withheld as is_withheld,
        -- brought to one denominator, as in gender_pay_gap_ratio
        case when is_settled and not is_pay_gap_withheld then others_pay_rate_amount * people_count end
            as others_product,
        case when is_settled and not is_pay_gap_withheld then pay_rate_amount * others_count end as group_product
    from {{ ref('metrics_hr__ethnic_group_pay_periodic') }}
)

select
    'ethnicity_pay_gap_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    -- never published, and four decimals only: docs/decisions/small-groups.md
    cast(null as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(
        cast({{ safe_divide('(others_product - group_product)', 'others_product') }} as decimal(38, 4))
        as decimal(38, 10)
    ) as actual_value,
    case
        when not is_settled then 'incomplete_period'
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('group_product', 'others_product') }}
    end as no_value_reason
from pay
