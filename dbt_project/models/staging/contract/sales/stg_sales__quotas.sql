{{ staging_contract('quotas') }}
