{{ staging_contract('opportunities') }}
