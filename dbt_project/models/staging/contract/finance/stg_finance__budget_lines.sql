{{ staging_contract('budget_lines') }}
