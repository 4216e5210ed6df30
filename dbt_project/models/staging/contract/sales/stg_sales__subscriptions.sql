{{ staging_contract('subscriptions') }}
