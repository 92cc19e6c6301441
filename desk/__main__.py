"""`python -m desk` is `madoguchi`."""

from desk.cli import main

main()
