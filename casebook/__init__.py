"""The record: shared types, models, state moves, configuration, policy, errors and the clock."""
