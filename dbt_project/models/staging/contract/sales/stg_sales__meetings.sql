{{ staging_contract('meetings') }}
