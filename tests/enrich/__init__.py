"""Tests of `enrich`."""
