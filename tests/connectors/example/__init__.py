"""The connector that docs/adding-a-connector.md is about."""
