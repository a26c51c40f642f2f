#!/usr/bin/env python3
"""Runs the clients of other languages against a muster server that speaks TLS with a certificate made for it.

    pip install -r tests/hostile/requirements.txt -r tests/clients/python/requirements.txt
    npm ci --prefix tests/clients/node
    python3 tests/clients/run.py target/release/muster
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "hostile"))
from server import Server  # noqa: E402

CLIENTS = [[sys.executable, HERE / "python" / "main.py"], ["node", HERE / "node" / "main.js"]]

with Server(sys.argv[1], tls=True) as server:
    environment = {
        **os.environ,
        # A name: node has its doubts about certificates for addresses.
        "MUSTER_ADDRESS": f"localhost:{server.address[1]}",
        "MUSTER_CA": str(server.folder / "ca.pem"),
        "MUSTER_KEY": server.key,
    }
    for client in CLIENTS:
        subprocess.run([*client, server.folder / "outbox"], env=environment, check=True, timeout=120)
