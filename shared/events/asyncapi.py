"""The events as AsyncAPI 3.0, for whoever listens from outside: ``python -m shared.events.asyncapi > docs/asyncapi.json``."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.events import EVENTS, Envelope
from shared.events.envelope import TOPICS

_ABOUT = (
    "What Parity's services tell each other: facts in the past tense, each with its aggregate's whole state and version. "
    "Every topic has 12 partitions, kept for ever; the partition is the CRC-32 of the key modulo 12. The record's header "
    "'position' counts 1, 2, 3, … within the partition: apply the next one, skip what is at or below, wait for what is missing. "
    "After a restore the topics are filled again under their name with the epoch: returns.e2."
)


def asyncapi() -> dict[str, Any]:
    events = list(EVENTS.values())
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Envelope, "serialization")]
    models += [(event, "serialization") for event in events]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Parity's events", "version": "1", "description": _ABOUT},
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            topic: {
                "address": topic,
                "messages": {
                    event.event_type: {"$ref": f"#/components/messages/{event.event_type}"}
                    for event in events
                    if event.topic == topic
                },
            }
            for topic in TOPICS
        },
        "operations": {f"tell-{topic}": {"action": "send", "channel": {"$ref": f"#/channels/{topic}"}} for topic in TOPICS},
        "components": {
            "messages": {
                event.event_type: {
                    "name": event.event_type,
                    "summary": (event.__doc__ or "").split("\n")[0],
                    "contentType": "application/cloudevents+json",
                    "headers": {"type": "object", "properties": {"position": {"type": "string", "pattern": "^[1-9][0-9]*$"}}},
                    "payload": {
                        "allOf": [
                            {"$ref": "#/components/schemas/Envelope"},
                            {
                                "type": "object",
                                "properties": {
                                    "type": {"const": event.event_type},
                                    "data": {"$ref": f"#/components/schemas/{event.__name__}"},
                                },
                            },
                        ]
                    },
                }
                for event in events
            },
            "schemas": schemas["$defs"],
        },
    }


if __name__ == "__main__":
    json.dump(asyncapi(), sys.stdout, indent=2, ensure_ascii=False)
    print()
