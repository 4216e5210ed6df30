-- unplanned absences that began in the period / average headcount
with kpi as (
    select
        absence.period_grain,
        absence.period_start_date,
        absence.scope_type,
        absence.scope_id,
        absence.is_absence_withheld as is_withheld,
        case when not absence.is_absence_withheld then absence.absence_occasions_count end as numerator,
        case when not absence.is_absence_withheld then headcount.person_days_count end as person_days_count,
        headcount.days_count
    from {{ ref('metrics_hr__absence_periodic') }} as absence
    -- inner: whoever has working days is employed
    inner join {{ ref('metrics_hr__headcount_periodic') }} as headcount
        on
            absence.period_grain = headcount.period_grain
            and absence.period_start_date = headcount.period_start_date
            and absence.scope_type = headcount.scope_type
            and absence.scope_id = headcount.scope_id
)

select
    'absence_occasions_per_employee' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    {{ safe_divide('person_days_count', 'days_count') }} as denominator,
    {{ safe_divide('(numerator * days_count)', 'person_days_count') }} as actual_value,
    case
        when is_withheld then 'withheld'
        else {{ no_ratio_reason('numerator', 'person_days_count') }}
    end as no_value_reason
from kpi
