-- (median pay of men - median pay of women) / median pay of men, unadjusted
with pay as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_pay_gap_withheld as is_withheld,
        case when not is_pay_gap_withheld then men_median_pay_rate_amount end as men_median,
        case when not is_pay_gap_withheld then women_median_pay_rate_amount end as women_median
    from {{ ref('metrics_hr__pay_periodic') }}
)

select
    'gender_pay_gap_median_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    -- never published, and four decimals only: a median is one person's pay (docs/decisions/small-groups.md)
    cast(null as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(
        cast({{ safe_divide('(men_median - women_median)', 'men_median') }} as decimal(38, 4)) as decimal(38, 10)
    ) as actual_value,
    case
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('women_median', 'men_median') }}
    end as no_value_reason
from pay
