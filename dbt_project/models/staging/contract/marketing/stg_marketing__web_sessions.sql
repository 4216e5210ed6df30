{{ staging_contract('web_sessions') }}
