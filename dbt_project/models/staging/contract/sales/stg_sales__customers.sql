{{ staging_contract('customers') }}
