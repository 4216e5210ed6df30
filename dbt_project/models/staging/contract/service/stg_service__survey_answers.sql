{{ staging_contract('survey_answers') }}
