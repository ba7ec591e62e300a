"""People: residents, devices, staff, sessions, sealed contact data. Handlers of a report see an alias only."""
