#!/usr/bin/env python3
"""Imports people as messages, from a program of one's own: any language with gRPC does it like this.

    pip install grpcio grpcio-tools
    MUSTER_KEY=$(cat muster.key) python3 import_rows.py TEAM_ID IMPORT_ID < people.csv

The CSV is only where this example has its people from; a real caller has them in its own database.
"""

import collections
import csv
import itertools
import os
import pathlib
import sys

import grpc

# Compiles the contract when it is imported; a real client would keep the generated code.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "proto"))
imports_pb2 = grpc.protos("muster/v1/imports.proto")
user_service_pb2, user_service_pb2_grpc = grpc.protos_and_services("muster/v1/user_service.proto")

Part = user_service_pb2.ImportUsersRequest

# Hundreds of rows in one message: small ones cost more than they carry.
ROWS_A_MESSAGE = 500


def parts(team_id, import_id, people):
    """Header, rows, end. A generator that raises before `end` imports nothing."""
    yield Part(header={"team_id": team_id, "import_id": import_id})
    count = 0
    while batch := list(itertools.islice(people, ROWS_A_MESSAGE)):
        yield Part(rows={"rows": batch})
        count += len(batch)
    yield Part(end={"row_count": count})


def main():
    team_id, import_id = sys.argv[1:]
    columns = {"given_name": "First Name", "family_name": "Last Name", "email": "Email"}
    people = ({field: row[column] for field, column in columns.items()} for row in csv.DictReader(sys.stdin))
    address = os.environ.get("MUSTER_ADDRESS", "http://127.0.0.1:50051").removeprefix("http://")
    with grpc.insecure_channel(address) as channel:
        users = user_service_pb2_grpc.UserServiceStub(channel)
        # With an import id a call whose outcome is unknown can simply be made again.
        answer = users.ImportUsers(
            parts(team_id, import_id, people),
            timeout=60,
            metadata=[("authorization", f"Bearer {os.environ['MUSTER_KEY']}")],
        )

    names = imports_pb2.ImportOutcome.Name
    counts = collections.Counter(names(result.outcome) for result in answer.results)
    for outcome, count in sorted(counts.items()):
        print(count, outcome.removeprefix("IMPORT_OUTCOME_"))


main()
