{{ staging_contract('observations') }}
