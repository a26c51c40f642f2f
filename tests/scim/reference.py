"""scim2-server: the SCIM server of others that is asked the same as muster. `reference.py PORT` serves it on loopback.

Where the standard leaves a choice, or the directories of this world want more than it has, the server can be told so; it
serves the same people once for each of these manners: `/plain/v2`, as it comes, and so on.
"""

import logging
import pathlib
import socketserver
import string
import subprocess
import sys
import time
import wsgiref.simple_server

from scim2_models import ScimPolicy, ScimProvider
from scim2_server.applications.wsgi import TenantDispatcher, WSGIApplication
from scim2_server.memory import InMemoryStorage
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from door import Door, free_port

SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def ascii_key(binding, text):
    """How muster compares: capitals of ASCII are as small letters, and no other letter is another."""
    return text if binding.case_exact else text.translate(SMALL)


# Entra's shapes of changes, which RFC 7644 has not.
ENTRA = {
    "unknown": ScimPolicy.Unknown.ignore,
    "remove_value_as_filter": ScimPolicy.RemoveValue.apply,
    "unmatched_path_filter": ScimPolicy.UnmatchedPathFilter.create,
}
MANNERS = {
    "plain": ScimPolicy(),
    "ascii": ScimPolicy(comparison_key=ascii_key),
    "entra": ScimPolicy(**ENTRA, comparison_key=ascii_key),
}


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Threads(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


def application(manner):
    config = load_default_service_provider_config()
    schemas, types = load_default_schemas().values(), load_default_resource_types().values()
    provider = ScimProvider.from_discovery(schemas, types, config=config, policy=MANNERS[manner])
    return WSGIApplication(InMemoryStorage(), provider)


def serve(port):
    logging.disable()
    dispatcher = TenantDispatcher(lambda manner: application(manner) if manner in MANNERS else None)
    server = wsgiref.simple_server.make_server("127.0.0.1", port, dispatcher, Threads, Quiet)
    server.serve_forever()


class Reference:
    """The server in a process of its own; `doors` are its manners. `with` ends it."""

    def __init__(self):
        port = free_port()
        self._process = subprocess.Popen([sys.executable, pathlib.Path(__file__).resolve(), str(port)])
        self.doors = {manner: Door(f"http://127.0.0.1:{port}/{manner}/v2") for manner in MANNERS}
        for _ in range(300):
            try:
                self.doors["plain"].call("GET", "/ServiceProviderConfig")
                return
            except OSError:
                time.sleep(0.1)
        self.end()
        raise SystemExit("the reference does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self._process.terminate()
        self._process.wait(30)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
