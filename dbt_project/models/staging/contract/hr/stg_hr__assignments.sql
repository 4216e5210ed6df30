{{ staging_contract('assignments') }}
