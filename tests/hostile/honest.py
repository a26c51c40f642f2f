#!/usr/bin/env python3
"""An honest client in a process of its own: plain unary calls, one after another, until its stdin is closed.

Arguments: the address, and optionally a file with the authority for TLS. The key is in MUSTER_KEY. Every tenth call is
made on a new connection. Prints one JSON object: how many calls were answered, what went wrong, and how long they took.
"""

import json
import os
import pathlib
import sys
import threading
import time

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "proto"))
service_pb2, service_pb2_grpc = grpc.protos_and_services("muster/v1/team_service.proto")

# A call that takes longer than this is not served.
DEADLINE = 5


def channel(target, authority):
    # Each with sockets of its own; gRPC shares them otherwise.
    options = [("grpc.use_local_subchannel_pool", 1)]
    if authority is None:
        return grpc.insecure_channel(target, options)
    credentials = grpc.ssl_channel_credentials(pathlib.Path(authority).read_bytes())
    return grpc.secure_channel(target, credentials, options)


def main():
    target, authority = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    key = [("authorization", f"Bearer {os.environ['MUSTER_KEY']}")]
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()

    taken, failures, count = [], [], 0
    current = channel(target, authority)
    while not over.is_set():
        if count and count % 10 == 0:
            current.close()
            current = channel(target, authority)
        count += 1
        begun = time.monotonic()
        try:
            request = service_pb2.ListTeamsRequest()
            service_pb2_grpc.TeamServiceStub(current).ListTeams(request, timeout=DEADLINE, metadata=key)
            taken.append(time.monotonic() - begun)
        except grpc.RpcError as error:
            failures.append(f"{error.code().name}: {error.details()}")
        time.sleep(0.005)
    taken.sort()
    print(
        json.dumps(
            {
                "answers": len(taken),
                "failures": failures,
                "median": taken[len(taken) // 2] if taken else None,
                "longest": taken[-1] if taken else None,
            }
        )
    )


main()
