"""The event log: Apache Kafka, or a database of its own in PostgreSQL."""
