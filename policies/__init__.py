"""Policy packs (TOML): what a company decided about hours, targets, words and contacts."""
