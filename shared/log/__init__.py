"""The event log: Apache Kafka, or a database of its own in PostgreSQL."""

from shared.log.interface import EventLog


async def open_log(url: str) -> EventLog:
    """``postgres://…``: a database to which ``postgres.MIGRATIONS`` were applied. ``kafka://host:port,host:port``: brokers."""
    if url.startswith("kafka"):
        from shared.log.kafka import KafkaLog

        return KafkaLog(url)
    from shared.log.postgres import PostgresLog

    return await PostgresLog.open(url)
