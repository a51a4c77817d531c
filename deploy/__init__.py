"""How Parity runs: on one machine, in containers, and from the command line."""
