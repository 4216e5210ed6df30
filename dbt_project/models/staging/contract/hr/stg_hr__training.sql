{{ staging_contract('training') }}
