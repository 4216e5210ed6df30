{{ staging_contract('timesheets') }}
