"""Bytes of HTTP/2 as no library sends them, and the sockets they go through."""

import socket
import struct
import time

import h2.config
import h2.connection
import h2.events
import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 8, 9
END_STREAM, END_HEADERS = 0x1, 0x4
INITIAL_WINDOW_SIZE = 4

HEALTH = "/grpc.health.v1.Health/Check"
TEAMS = "/muster.v1.TeamService/ListTeams"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def block(headers):
    """A header block that is the same on every stream: nothing in it is remembered."""
    return hpack.Encoder().encode([hpack.NeverIndexedHeaderTuple(name, value) for name, value in headers])


def call(path, key=None, **more):
    """The headers of a gRPC call."""
    headers = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "muster"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]
    if key:
        headers.append(("authorization", f"Bearer {key}"))
    return headers + [(name.replace("_", "-"), value) for name, value in more.items()]


def connect(server, says=b""):
    """A socket that has said this."""
    stream = socket.create_connection(server.address, timeout=5)
    stream.sendall(says)
    return stream


def hello(settings=b""):
    return PREFACE + frame(SETTINGS, 0, 0, settings)


def closed(stream):
    """Whether the other end has closed; what it says meanwhile is dropped."""
    stream.setblocking(False)
    try:
        while True:
            if not stream.recv(65536):
                return True
    except BlockingIOError:
        return False
    except OSError:
        return True


class Answers:
    """A connection by the book, for attacks that obey HTTP/2 and hostile only in what they send through it."""

    def __init__(self, server):
        self.socket = connect(server)
        # Odd headers are what is tried.
        config = h2.config.H2Configuration(
            client_side=True,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            header_encoding="latin-1",
        )
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.streams = set()
        self._flush()

    def _flush(self):
        self.socket.sendall(self.h2.data_to_send())

    def begin(self, headers, start):
        """Begins a call that nobody ends."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, headers)
        self.h2.send_data(stream, start)
        self.streams.add(stream)

    def feed(self, chunk):
        """Sends a chunk on every begun stream whose window takes it; how many bytes, or none if all is over."""
        sent = 0
        try:
            for stream in list(self.streams):
                if self.h2.local_flow_control_window(stream) >= len(chunk):
                    self.h2.send_data(stream, chunk)
                    sent += len(chunk)
            self._flush()
            self.socket.settimeout(0.05)
            data = self.socket.recv(1 << 20)
        except TimeoutError:
            return sent
        except OSError:
            return None
        if not data:
            return None
        for event in self.h2.receive_data(data):
            if isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                self.streams.discard(event.stream_id)
            elif isinstance(event, h2.events.ConnectionTerminated):
                return None
        return sent

    def ask(self, headers, message=b"", patience=5):
        """Sends one call; its HTTP status and gRPC status, `reset` or `closed`."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, headers, end_stream=False)
        # The window: 64 KiB less one, which is more than any message here.
        for start in range(0, len(message), 16384):
            self.h2.send_data(stream, message[start : start + 16384])
        self.h2.end_stream(stream)
        self._flush()
        said, over = {}, time.monotonic() + patience
        while True:
            self.socket.settimeout(max(over - time.monotonic(), 0.001))
            data = self.socket.recv(65536)
            if not data:
                return "closed"
            for event in self.h2.receive_data(data):
                if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                    said.update(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.ConnectionTerminated):
                    return "closed"
                if isinstance(event, h2.events.StreamReset) and event.stream_id == stream:
                    # A server may take no more of the question once it has answered.
                    return outcome(said) if said else "reset"
                if isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                    self._flush()
                    return outcome(said)
            self._flush()


def outcome(said):
    status = said.get(":status")
    return f"grpc {said['grpc-status']}" if "grpc-status" in said else f"http {status}"


def settings(identifier, value):
    return struct.pack(">HI", identifier, value)
