"""What every service stands on; it knows no service.

Calendars, obligations, ratings, events, the event spine and the conventions of the HTTP API.
"""
