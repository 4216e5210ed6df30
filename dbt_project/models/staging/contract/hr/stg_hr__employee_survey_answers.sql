{{ staging_contract('employee_survey_answers') }}
