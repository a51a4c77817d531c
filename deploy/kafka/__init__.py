"""Apache Kafka on this machine without Docker: its own jars by Maven, one or three brokers on loopback on Java 17."""
