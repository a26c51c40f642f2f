"""A muster server in a folder of its own, how much memory it takes, and certificates for it."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

import trustme


class Server:
    """Runs `muster serve` on a free port; with TLS if asked. `with` ends it."""

    def __init__(self, program, tls=False, flags=()):
        self._folder = tempfile.TemporaryDirectory(prefix="muster-peer-")
        self.folder = pathlib.Path(self._folder.name)
        flags = ["--listen", "127.0.0.1:0", *flags]
        if tls:
            authority = trustme.CA()
            authority.cert_pem.write_to_path(self.folder / "ca.pem")
            certificate = authority.issue_cert("localhost", "127.0.0.1")
            for blob in certificate.cert_chain_pems:
                blob.write_to_path(self.folder / "chain.pem", append=True)
            certificate.private_key_pem.write_to_path(self.folder / "key.pem")
            flags += ["--tls-certificate", "chain.pem", "--tls-key", "key.pem"]
        # Whoever attacks would write a line for each call.
        quiet = "muster=info,muster::rpc::front=warn,muster::http::front=warn"
        environment = {"PATH": os.environ["PATH"], "MUSTER_LOG": "json", "MUSTER_LOG_FILTER": quiet}
        self.log = []
        self._process = subprocess.Popen(
            [os.path.abspath(program), "serve", *flags],
            cwd=self.folder,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._listening = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        if not self._listening.wait(60):
            self.end()
            raise SystemExit("the server does not start:\n" + "".join(self.log))
        self.key = (self.folder / "muster.key").read_text().strip()

    def _read(self):
        for line in self._process.stderr:
            fields = _fields(line)
            if fields.get("message") == "serving":
                host, port = fields["address"].rsplit(":", 1)
                self.address = (host, int(port))
                self._listening.set()
            # A log of a flood need not be kept.
            if len(self.log) < 200:
                self.log.append(line)

    @property
    def target(self):
        """The address as gRPC wants it."""
        return f"{self.address[0]}:{self.address[1]}"

    def lives(self):
        """Whether the process is still there."""
        return self._process.poll() is None

    def memory(self):
        """The memory that the process has in use, in MiB (VmRSS)."""
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ends the process, and removes its folder."""
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


def _fields(line):
    """What a line of the log says; nothing, if it is no JSON, such as a panic's. The reader must go on."""
    try:
        fields = json.loads(line)["fields"]
    except (ValueError, KeyError, TypeError):
        return {}
    return fields if isinstance(fields, dict) else {}


class Memory:
    """Looks at a server's memory all the time; the most it saw is `most`."""

    def __init__(self, server):
        self.before = self.most = server.memory()
        self._server = server
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()

    def _look(self):
        while not self._over.wait(0.05) and self._server.lives():
            self.most = max(self.most, self._server.memory())

    def end(self):
        self._over.set()
        self._looking.join()
        # What was for the attackers' connections goes with them.
        time.sleep(0.5)
        return self._server.memory()
