"""Figures: what is counted, from which facts, and the lists of reports behind every number."""
