"""Pure decisions about returns: no database, no clock, no network, and nothing that asks for a side."""
