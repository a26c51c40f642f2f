"""A directory at muster's door for SCIM, and whoever calls such a door."""

import http.client
import json
import pathlib
import socket
import sys
import tempfile
import urllib.parse

import grpc

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "hostile"), str(HERE.parent / "clients" / "python")]
from main import generate  # noqa: E402
from server import Server  # noqa: E402

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
# What is asked here comes faster than a directory asks.
UNHURRIED = ["--calls-per-second", "100000", "--calls-burst", "100000"]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Door:
    """Calls of one directory, over one connection as long as it is kept open."""

    def __init__(self, url, token=None):
        self.url, self.token = url, token
        parts = urllib.parse.urlsplit(url)
        self._root = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self._headers = {"content-type": "application/scim+json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None):
        """The status, and what the answer says."""
        body = None if body is None else json.dumps(body).encode()
        try:
            answer = self._ask(method, path, body)
        except (ConnectionError, http.client.RemoteDisconnected):
            # Closed while nobody called.
            answer = self._ask(method, path, body)
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def _ask(self, method, path, body):
        try:
            self._connection.request(method, self._root + path, body, self._headers)
            return self._connection.getresponse()
        except BaseException:
            self._connection.close()
            raise

    def resources(self):
        """The names of the kinds of resources that there are."""
        status, body = self.call("GET", "/ResourceTypes")
        assert status == 200, (status, body)
        return [one["name"] for one in body["Resources"]]


class Muster:
    """A server with a team that has a directory, whose door is `door`. `with` ends it."""

    def __init__(self, program):
        port = free_port()
        flags = ["--http-listen", f"127.0.0.1:{port}", "--http-url", f"http://127.0.0.1:{port}"]
        self._stubs = tempfile.TemporaryDirectory()
        self._server = Server(program, flags=[*flags, *UNHURRIED])
        try:
            generate(self._stubs.name)
            with grpc.insecure_channel(self._server.target) as channel:
                token = _directory(channel, self._server.key)
        except BaseException:
            self.end()
            raise
        self.door = Door(f"http://127.0.0.1:{port}/scim/v2", token)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self._server.end()
        self._stubs.cleanup()


def _directory(channel, key):
    """A team that may have a directory, with a domain of its own; the directory's token."""
    from muster.v1 import directory_service_pb2, directory_service_pb2_grpc, sso_service_pb2, sso_service_pb2_grpc
    from muster.v1 import team_service_pb2, team_service_pb2_grpc

    metadata = [("authorization", f"Bearer {key}")]
    teams = team_service_pb2_grpc.TeamServiceStub(channel)
    admin = {"email": "boss@acme.example", "given_name": "Ada", "family_name": "Boss"}
    request = team_service_pb2.CreateTeamRequest(display_name="Acme", primary_admin=admin)
    team = teams.CreateTeam(request, timeout=20, metadata=metadata).team.id
    request = team_service_pb2.UpdateTeamRequest(
        team={"id": team, "entitlements": ["ENTITLEMENT_DIRECTORY_SYNC"]}, update_mask={"paths": ["entitlements"]}
    )
    teams.UpdateTeam(request, timeout=20, metadata=metadata)
    domains = sso_service_pb2_grpc.SsoServiceStub(channel)
    for call in ("ClaimDomain", "VerifyDomain"):
        request = getattr(sso_service_pb2, f"{call}Request")(team_id=team, domain="acme.example")
        getattr(domains, call)(request, timeout=20, metadata=metadata)
    directories = directory_service_pb2_grpc.DirectoryServiceStub(channel)
    request = directory_service_pb2.CreateDirectoryRequest(
        directory={"team_id": team, "display_name": "Entra", "provider": "DIRECTORY_PROVIDER_ENTRA"}
    )
    return directories.CreateDirectory(request, timeout=20, metadata=metadata).token
