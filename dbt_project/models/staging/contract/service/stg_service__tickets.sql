{{ staging_contract('tickets') }}
