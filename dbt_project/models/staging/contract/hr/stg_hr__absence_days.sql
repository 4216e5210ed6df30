{{ staging_contract('absence_days') }}
