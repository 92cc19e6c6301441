"""Text to meaning: clean, language, vectors, the index, relations, triage, similar cases."""
