{{ staging_contract('invoices') }}
