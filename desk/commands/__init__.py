"""The commands of `madoguchi`, one module a matter; each registers its own with `register`."""
