#!/usr/bin/env python3
"""People sign in at a real OpenID provider, and muster makes of them what the connection says.

    pip install -r tests/providers/requirements.txt -r tests/hostile/requirements.txt
    python3 tests/providers/run.py target/release/muster
"""

import pathlib
import socket
import sys
import tempfile
import time

import grpc

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "hostile"), str(HERE.parent / "clients" / "python")]
from main import generate, reason  # noqa: E402
from provider import Provider  # noqa: E402
from server import Server  # noqa: E402


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Muster:
    """The calls that are made here, with the operator's key."""

    def __init__(self, channel, key):
        from muster.v1 import sso_pb2, sso_service_pb2, sso_service_pb2_grpc
        from muster.v1 import team_service_pb2, team_service_pb2_grpc

        self._sso = sso_service_pb2_grpc.SsoServiceStub(channel)
        self._teams = team_service_pb2_grpc.TeamServiceStub(channel)
        self.requests, self.algorithms, self.teams = sso_service_pb2, sso_pb2.SsoAlgorithm, team_service_pb2
        self._key = ("authorization", f"Bearer {key}")

    def call(self, name, request, *headers):
        """What a call answers, or the reason of its refusal."""
        stub = getattr(self._sso, name, None) or getattr(self._teams, name)
        try:
            return stub(request, timeout=20, metadata=[self._key, *headers])
        except grpc.RpcError as error:
            return reason(error)

    def sign_in(self, token):
        return self.call("ProvisionSsoUser", self.requests.ProvisionSsoUserRequest(id_token=token))


def furnish(muster, provider):
    """A team with a verified domain and a connection to the provider; the team's id."""
    admin = {"email": "ada@acme.example", "given_name": "Ada", "family_name": "Lovelace"}
    request = muster.teams.CreateTeamRequest(display_name="Acme", primary_admin=admin)
    team = muster.call("CreateTeam", request).team.id
    for call in ("ClaimDomain", "VerifyDomain"):
        request = getattr(muster.requests, f"{call}Request")(team_id=team, domain="acme.example")
        assert muster.call(call, request).domain.domain == "acme.example"
    connection = {
        "team_id": team,
        "display_name": "oidc-provider-mock",
        "issuer": provider.told["issuer"],
        "audience": "muster",
        "jwks_uri": provider.told["jwks_uri"],
        "algorithms": [muster.algorithms.Value("SSO_ALGORITHM_RS256")],
        "jit_enabled": True,
    }
    request = muster.requests.CreateSsoConnectionRequest(connection=connection)
    assert muster.call("CreateSsoConnection", request).connection.id
    return team


def people(muster, provider, team):
    """First and later sign-ins, and those that do not count."""
    known = {"email": "ann@acme.example", "email_verified": True, "given_name": "Ann", "family_name": "Lee"}
    provider.person("ann", **known)
    first = muster.sign_in(provider.id_token("ann"))
    assert first.linked and first.member.user.given_name == "Ann", first
    again = muster.sign_in(provider.id_token("ann"))
    assert not again.linked and again.member.user_id == first.member.user_id, again

    provider.person("bob", **{**known, "email": "bob@acme.example", "email_verified": False})
    assert muster.sign_in(provider.id_token("bob")) == "ID_TOKEN_INVALID"
    provider.person("bob", **{**known, "email": "bob@acme.example", "email_verified": "true"})
    assert muster.sign_in(provider.id_token("bob")) == "ID_TOKEN_INVALID"
    provider.person("eve", **{**known, "email": "ann@acme.example"})
    assert muster.sign_in(provider.id_token("eve")) == "EMAIL_MISMATCH"
    provider.person("eve", **{**known, "email": "eve@elsewhere.example"})
    assert muster.sign_in(provider.id_token("eve")) == "EMAIL_MISMATCH"
    assert muster.sign_in(provider.id_token("ann", client="another")) == "ID_TOKEN_INVALID"

    # Her token names her as the person for whom a service acts: she is a member, and may not read the team.
    actor = ("muster-actor-id-token", provider.id_token("ann"))
    request = muster.teams.GetTeamRequest(team_id=team)
    assert muster.call("GetTeam", request, actor) == "PERMISSION_MISSING"


def rotated(muster, port, old):
    """The provider has another key from now on: new tokens count a moment later, old ones no more."""
    with Provider(port) as provider:
        provider.person("ann", email="ann@acme.example", email_verified=True)
        token = provider.id_token("ann")
        for _ in range(100):
            answer = muster.sign_in(token)
            if answer != "ID_TOKEN_INVALID":
                break
            time.sleep(0.1)
        assert not isinstance(answer, str) and not answer.linked, answer
        assert muster.sign_in(old) == "ID_TOKEN_INVALID"
        # The server is on this machine, with the same clock: a minute more than the token's time.
        assert answer.member.user.email == "ann@acme.example"


def main():
    flags = ["--sso-loopback", "--sso-keys-interval", "1s"]
    port = free_port()
    with tempfile.TemporaryDirectory() as stubs, Server(sys.argv[1], flags=flags) as server:
        generate(stubs)
        with grpc.insecure_channel(server.target) as channel:
            muster = Muster(channel, server.key)
            with Provider(port) as provider:
                team = furnish(muster, provider)
                people(muster, provider, team)
                old = provider.id_token("ann")
                assert not isinstance(muster.sign_in(old), str)
            rotated(muster, port, old)
    print("people signed in at a real OpenID provider, and nobody else")


main()
