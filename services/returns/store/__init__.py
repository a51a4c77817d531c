"""Every SQL statement of the returns service, and the files of evidence."""
