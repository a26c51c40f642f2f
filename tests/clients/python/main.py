#!/usr/bin/env python3
"""The main job in Python, over TLS: a team, an invitation, its link, a bulk import, and a refusal with its reason.

    pip install -r tests/clients/python/requirements.txt
    MUSTER_ADDRESS=team.example.org:50051 MUSTER_CA=ca.pem MUSTER_KEY=mst_... python3 main.py OUTBOX

OUTBOX is the folder where the server puts its letters (`--mail file:OUTBOX`); a person would read them in a mail program.
"""

import email
import email.policy
import os
import pathlib
import re
import sys
import tempfile
import time

import grpc
import grpc_tools
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"


def generate(folder):
    """Compiles the contract into a folder; a real client keeps what this makes."""
    known = pathlib.Path(grpc_tools.__file__).with_name("_proto")
    files = [str(file.relative_to(PROTO)) for file in PROTO.rglob("*.proto")]
    arguments = [f"-I{PROTO}", f"-I{known}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]
    assert protoc.main(["protoc", *arguments]) == 0
    sys.path.insert(0, folder)


def token_of(outbox, address):
    """The token in the newest letter to an address: the last part of its link."""
    for _ in range(300):
        for file in sorted(outbox.glob("*.eml"), reverse=True):
            letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if f"<{address}>" in letter["To"]:
                text = letter.get_body(("plain",)).get_content()
                return re.search(r"/invitations/([\w-]{43})", text).group(1)
        time.sleep(0.1)
    sys.exit(f"no letter to {address}")


def reason(error):
    """Why a call was refused: the reason that programs switch on, beside the status code."""
    for detail in rpc_status.from_call(error).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == "muster":
            return info.reason
    return None


def main():
    outbox = pathlib.Path(sys.argv[1])
    from muster.v1 import (
        imports_pb2,
        invitation_service_pb2,
        invitation_service_pb2_grpc,
        members_pb2,
        roles_pb2,
        team_service_pb2,
        team_service_pb2_grpc,
        user_service_pb2,
        user_service_pb2_grpc,
    )

    # Both are part of every call on the channel.
    authority = grpc.ssl_channel_credentials(pathlib.Path(os.environ["MUSTER_CA"]).read_bytes())
    key = grpc.access_token_call_credentials(os.environ["MUSTER_KEY"])
    credentials = grpc.composite_channel_credentials(authority, key)
    with grpc.secure_channel(os.environ["MUSTER_ADDRESS"], credentials) as channel:
        teams = team_service_pb2_grpc.TeamServiceStub(channel)
        users = user_service_pb2_grpc.UserServiceStub(channel)
        invitations = invitation_service_pb2_grpc.InvitationServiceStub(channel)

        # A deadline with every call.
        admin = {"email": "ada@python.example", "given_name": "Ada", "family_name": "Lovelace"}
        request = team_service_pb2.CreateTeamRequest(display_name="Python", primary_admin=admin)
        team = teams.CreateTeam(request, timeout=5).team

        request = invitation_service_pb2.CreateInvitationRequest(
            team_id=team.id,
            email="grace@python.example",
            given_name="Grace",
            family_name="Hopper",
            role=roles_pb2.ROLE_SECONDARY_ADMIN,
        )
        invited = invitations.CreateInvitation(request, timeout=5)
        assert invited.outcome == imports_pb2.IMPORT_OUTCOME_INVITED

        token = token_of(outbox, "grace@python.example")
        request = invitation_service_pb2.PeekInvitationRequest(token=token)
        assert invitations.PeekInvitation(request, timeout=5).team_display_name == "Python"
        request = invitation_service_pb2.AcceptInvitationRequest(token=token)
        member = invitations.AcceptInvitation(request, timeout=5).member
        assert member.state == members_pb2.MEMBER_STATE_ACTIVE and member.user.enabled

        Part = user_service_pb2.ImportUsersRequest
        rows = [
            {"given_name": "Barbara", "family_name": "Liskov", "email": "barbara@python.example"},
            {"given_name": "Grace", "family_name": "Hopper", "email": "Grace@Python.example"},
            {"given_name": "Edsger", "family_name": "Dijkstra", "email": "edsger at python"},
        ]
        # With an import id a call whose outcome is unknown can simply be made again.
        parts = [
            Part(header={"team_id": team.id, "import_id": "spring"}),
            Part(rows={"rows": rows}),
            Part(end={"row_count": len(rows)}),
        ]
        answer = users.ImportUsers(iter(parts), timeout=60)
        outcomes = [imports_pb2.ImportOutcome.Name(result.outcome) for result in answer.results]
        outcomes = [name.removeprefix("IMPORT_OUTCOME_") for name in outcomes]
        assert outcomes == ["INVITED", "ALREADY_MEMBER", "INVALID"], outcomes
        assert answer.results[2].violations[0].field == "email"

        request = team_service_pb2.ListMembersRequest(team_id=team.id)
        listed = [member.user.email for member in teams.ListMembers(request, timeout=5).members]
        assert listed == ["ada@python.example", "grace@python.example", "barbara@python.example"], listed

        try:
            request = invitation_service_pb2.DeclineInvitationRequest(token=token)
            invitations.DeclineInvitation(request, timeout=5)
            sys.exit("it was not refused")
        except grpc.RpcError as error:
            refusal = (error.code(), reason(error))
        assert refusal == (grpc.StatusCode.FAILED_PRECONDITION, "INVITATION_ACCEPTED"), refusal
    print("python: a team, an invitation accepted, an import of", ", ".join(outcomes), "and", refusal[1])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as stubs:
        generate(stubs)
        main()
