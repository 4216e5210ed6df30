{{ staging_contract('postings') }}
