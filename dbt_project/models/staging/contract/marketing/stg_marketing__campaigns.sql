{{ staging_contract('campaigns') }}
