{{ staging_contract('market_size') }}
