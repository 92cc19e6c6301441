"""Tests of `casebook`."""
