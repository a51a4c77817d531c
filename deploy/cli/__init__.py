"""The ``parity`` command: what an operator, an analyst and a newcomer do from the shell."""
