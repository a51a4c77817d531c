"""Pure decisions: what is new in what was heard, what follows from the facts, and what may be done about an alert."""
