-- (mean pay of men - mean pay of women) / mean pay of men, unadjusted
with pay as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_pay_gap_withheld as is_withheld,
        -- brought to one denominator, so that the ratio is divided once:
        -- (men / m - women / w) / (men / m) = (men * w - women * m) / (men * w)
        case when not is_pay_gap_withheld then men_pay_rate_amount * women_count end as men_product,
        case when not is_pay_gap_withheld then women_pay_rate_amount * men_count end as women_product
    from {{ ref('metrics_hr__pay_periodic') }}
)

select
    'gender_pay_gap_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    -- Never published: two months' mean pays with one person between them are that person's pay. For
    -- the same reason the ratio has four decimals only (docs/decisions/small-groups.md).
    cast(null as decimal(38, 10)) as numerator,
    cast(null as decimal(38, 10)) as denominator,
    cast(
        cast({{ safe_divide('(men_product - women_product)', 'men_product') }} as decimal(38, 4)) as decimal(38, 10)
    ) as actual_value,
    case
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('women_product', 'men_product') }}
    end as no_value_reason
from pay
