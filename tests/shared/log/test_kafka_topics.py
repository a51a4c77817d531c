"""What Kafka is told of a topic: its broker's own defaults would throw events away after a week."""

from __future__ import annotations

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.log.kafka import KafkaLog


async def test_topics_are_kept_for_ever(kafka: Any) -> None:
    topic = "kept.for-ever"
    await KafkaLog(f"kafka://{kafka.bootstrap}").create([topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        settings = {name: value for _, _, _, _, configs in answer.resources for name, value, *_ in configs}
    finally:
        await admin.delete_topics([topic])
        await admin.close()
    assert (settings["retention.ms"], settings["retention.bytes"]) == ("-1", "-1")
    assert settings["unclean.leader.election.enable"] == "false"
    assert settings["cleanup.policy"] == "delete", "compaction would lose the events before the newest of a key"
