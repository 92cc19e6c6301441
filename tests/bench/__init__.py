"""Benchmarks: each a command, `madoguchi bench NAME`, on real servers of its own."""
