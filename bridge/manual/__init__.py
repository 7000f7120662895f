"""The manual's pages on the contract's errors (errors.toml), and whom to call (issuers.toml)."""
