#!/usr/bin/env python3
"""Programs of others look at the door for directories, and a SCIM server of others is asked the same as muster.

    pip install -r tests/scim/requirements.txt -r tests/hostile/requirements.txt
    python3 tests/scim/run.py target/release/muster [SEED]
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import differential
from door import USER, Muster
from reference import Reference

BIN = pathlib.Path(sys.executable).parent
DOMAIN = "acme.example"
# What Okta sends with every user; scim-sanity has no profile of it.
OKTA = {
    "schemas": [USER],
    "emails": [{"primary": True, "value": "okta@acme.example", "type": "work"}],
    "displayName": "Okta Person",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


def tester(door):
    """scim2-tester, through scim2-cli: nothing but successes, and checks that it leaves out."""
    environment = {**os.environ, "SCIM_CLI_HEADERS": f"Authorization: Bearer {door.token}"}
    told = subprocess.run(
        [BIN / "scim", "--url", door.url, "test", "--verbose"], env=environment, capture_output=True, text=True, timeout=120
    )
    words = collections.Counter(re.findall(r"^([A-Z]+) ", told.stdout, re.MULTILINE))
    print(f"scim2-tester: {dict(words)}", flush=True)
    for line in re.findall(r"^(?!SUCCESS)[A-Z]+ .*\n(?:  .*\n)*", told.stdout, re.MULTILINE):
        print(line, end="")
    if not words["SUCCESS"] or set(words) - {"SUCCESS", "SKIPPED", "ACCEPTABLE"}:
        print(f"{told.stdout}\n{told.stderr}")
        return ["scim2-tester"]
    return []


def probe(door, name, *arguments):
    """scim-sanity, strictly, at every kind of resource that there is."""
    failed = []
    for kind in door.resources():
        command = ["probe", door.url, "--token", door.token, "--resource", kind, "--user-domain", DOMAIN]
        told = subprocess.run(
            [BIN / "scim-sanity", *command, *arguments, "--json-output", "--i-accept-side-effects"],
            capture_output=True,
            text=True,
            timeout=120,
        )
        try:
            results = json.loads(told.stdout)["results"]
        except (ValueError, KeyError):
            raise SystemExit(f"scim-sanity breaks off:\n{told.stdout}\n{told.stderr}") from None
        words = collections.Counter(one["status"] for one in results)
        print(f"scim-sanity, {name}, {kind}: {dict(words)}", flush=True)
        for one in results:
            if one["status"] != "pass":
                print("  ", one)
        if told.returncode or not words["pass"] or words["fail"] or words["error"]:
            failed.append(f"scim-sanity, {name}, {kind}")
    return failed


def main():
    begun = time.monotonic()
    with Muster(sys.argv[1]) as muster, Reference() as reference:
        door = muster.door
        failed = tester(door)
        failed += probe(door, "no profile")
        failed += probe(door, "entra", "--profile", "entra")
        failed += probe(door, "okta", "--extra-user-fields", json.dumps(OKTA))
        failed += differential.run(door, reference.doors, *map(int, sys.argv[2:]))
    print(f"{time.monotonic() - begun:.0f} s")
    if failed:
        raise SystemExit(f"not content: {failed}")
    print("programs of others are content with SCIM")


main()
