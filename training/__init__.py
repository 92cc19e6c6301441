"""How the Japanese half of the bundled embedding model is made: `python -m training --help`."""
