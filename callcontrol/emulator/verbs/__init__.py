"""The BXML verbs as the emulator runs them: one module per kind of verb, and :mod:`~callcontrol.emulator.verbs.verb_tables`."""
