"""What the verbs of BXML do, one module for those of a kind, and :mod:`the table <callcontrol.emulator.verbs.table>`."""
