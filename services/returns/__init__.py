"""The returns service: what suppliers say they delivered, quarter by quarter, and what buyers make of it.

It owns quarterly returns and their lines, evidence, the activity log, reviews and restatements.
It tells (topic ``returns``) what is due, submitted, disputed, approved, restated and late; only this service decides lateness.
It listens to ``commitments``: who owes what in which quarter, and who may see it.

What people type (stories, reasons, notes) stays here and is in no event.
"""
