{{ staging_contract('employees') }}
