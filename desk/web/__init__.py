"""The desk's pages: one module a page, each with the addresses it answers (`routes`)."""
