#!/usr/bin/env python3
"""Attacks a muster server in every way of attacks.py, one after another, and looks at what it costs.

    pip install -r tests/hostile/requirements.txt
    python3 tests/hostile/run.py target/release/muster [--seconds 10] [--only NAME]

During each attack the server must live, take at most GROWTH more memory, and serve an honest client: every call within its
deadline, on old and on new connections.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

import attacks
from server import Memory, Server

# In MiB, for what these attacks hold at a time: 1,500 sockets, of which 500 have shaken hands, or about a dozen
# connections with 256 calls each, which may send up to 8 MiB ahead of what is read. What grows with the attack passes it
# in seconds. A server with all the connections and calls that it may have takes more; that is not tried here.
GROWTH = 64
# Fewer calls in a second than this were answered by no server at all, even on 2 cores that others share.
FEWEST = 2
# In seconds, for the slowest call of all. Half a second is usual under a flood; this is for what else the machine does.
LONGEST = 5


def attack(server, how, seconds):
    """Runs one attack; what was wrong."""
    honest = [sys.executable, pathlib.Path(__file__).with_name("honest.py"), server.target]
    if (server.folder / "ca.pem").exists():
        honest.append(server.folder / "ca.pem")
    environment = {**os.environ, "MUSTER_KEY": server.key}
    client = subprocess.Popen(honest, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    # It compiles the contract first.
    time.sleep(1)
    memory = Memory(server)
    wrong, did = [], ""
    try:
        did = how(server, time.monotonic() + seconds)
    except attacks.Wrong as error:
        wrong.append(str(error))
    served = json.loads(client.communicate()[0])
    if not server.lives():
        return [*wrong, "the server died:\n" + "".join(server.log[-20:])]
    after = memory.end()

    growth, left = memory.most - memory.before, after - memory.before
    if growth > GROWTH:
        wrong.append(f"{growth:.0f} MiB more memory, not {GROWTH}")
    if served["failures"]:
        wrong.append(f"an honest client failed {len(served['failures'])} times: {served['failures'][0]}")
    if served["answers"] < FEWEST * seconds:
        wrong.append(f"an honest client was answered only {served['answers']} times")
    longest = served["longest"] or 0
    if longest > LONGEST:
        wrong.append(f"an honest client waited {longest:.1f} s")
    median = (served["median"] or 0) * 1000
    print(
        f"{how.__name__:<24} {memory.before:>6.0f} {growth:>+7.0f} {left:>+7.0f} {served['answers']:>8} "
        f"{median:>7.1f} {longest * 1000:>8.0f}  {did}",
        flush=True,
    )
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    # Slow sockets are many.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    print(f"{'':<24} {'memory, MiB':^22} {'the honest client':^25}")
    print(f"{'attack':<24} {'before':>6} {'during':>7} {'after':>7} {'answers':>8} {'ms':>7} {'most ms':>8}  what was done")
    wrong = []
    for tls, kinds in ((False, attacks.PLAIN), (True, attacks.TLS)):
        kinds = [how for how in kinds if arguments.only in (None, how.__name__)]
        if not kinds:
            continue
        with Server(arguments.program, tls=tls) as server:
            for how in kinds:
                found = attack(server, how, arguments.seconds)
                wrong += [f"{how.__name__}: {what}" for what in found]
                if not server.lives():
                    break
    if wrong:
        sys.exit("\n".join(wrong))


main()
