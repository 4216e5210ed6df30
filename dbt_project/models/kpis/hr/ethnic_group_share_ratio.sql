-- people of an ethnic group in a role / people in the role who state a group, at the end of the year
with kpi as (
    select
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        is_settled,
        is_group_withheld as is_withheld,
        case when is_settled and not is_group_withheld then people_count end as numerator,
        case when is_settled and not is_group_withheld then role_people_count end as denominator
    from {{ ref('metrics_hr__role_groups_periodic') }}
)

select
    'ethnic_group_share_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    case
        -- told day by day, the group of whoever came last could be read from it
        when not is_settled then 'incomplete_period'
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('numerator', 'denominator') }}
    end as no_value_reason
from kpi
