"""The data's way in Prefect flows: thin tasks that carry keys through the rooms.

Whoever loads a flow (a worker, a terminal) loads the record's models with it, so Django is set up
here, before any of them.
"""

from casebook.start import prepare

prepare()
