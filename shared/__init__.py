"""What every service stands on. It knows no service: calendars, obligations, ratings, events, the event spine, HTTP conventions."""
