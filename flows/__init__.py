"""The data's way in Prefect flows: thin tasks that carry keys through the rooms.

Whoever loads a flow (a worker, a terminal) loads the record's models with it, so Django is set up
here, before any of them. What the flows log is without personal data.
"""

import logging

from casebook.start import prepare
from flows.discreet import Discreet

prepare()
for name in ("madoguchi.intake", "madoguchi.triage"):
    logging.getLogger(name).addFilter(Discreet())
