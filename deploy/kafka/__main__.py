"""``make kafka``: run Apache Kafka on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from deploy.kafka.cluster import KafkaCluster
from deploy.kafka.jars import NoKafka
from deploy.local.folder import CannotStart, DataFolder, default_folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="make kafka", description=__doc__)
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1)
    parser.add_argument("--port", type=int, default=9092, help="of the first broker; the next ones follow")
    parser.add_argument("--data", type=Path, default=None, help="where the data stays (.parity/kafka-1 or kafka-3)")
    asked = parser.parse_args()
    folder = asked.data or default_folder() / f"kafka-{asked.brokers}"
    ports = range(asked.port, asked.port + asked.brokers)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with DataFolder(folder), KafkaCluster(folder, brokers=asked.brokers, ports=ports) as kafka:
            print(f"Apache Kafka answers at {kafka.bootstrap}. Its data is in {folder}. Ctrl-C stops it.", flush=True)
            print(f"Settings: PARITY_LOG=kafka://{kafka.bootstrap}; for tests PARITY_TEST_KAFKA={kafka.bootstrap}", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("Apache Kafka has stopped.")
    except (NoKafka, CannotStart) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
