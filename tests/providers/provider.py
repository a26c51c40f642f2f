"""A real OpenID provider, `oidc-provider-mock`, at which people sign in by the authorization code flow."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request


class Provider:
    """Runs the provider on a port, with a new key each time. `with` ends it."""

    def __init__(self, port, lifetime=3600):
        self.issuer = f"http://127.0.0.1:{port}"
        program = pathlib.Path(sys.executable).with_name("oidc-provider-mock")
        command = [program, "--port", str(port), "--token-max-age", str(lifetime)]
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        for _ in range(300):
            try:
                self.told = json.loads(get(f"{self.issuer}/.well-known/openid-configuration"))
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        self.end()
        raise SystemExit("the provider does not start")

    def person(self, subject, **claims):
        """Tells the provider who somebody is."""
        body = json.dumps(claims).encode()
        request = urllib.request.Request(
            f"{self.issuer}/users/{subject}", body, {"content-type": "application/json"}, method="PUT"
        )
        urllib.request.urlopen(request, timeout=10).close()

    def id_token(self, subject, client="muster"):
        """The ID token of somebody who signs in to a client."""
        elsewhere = "http://client.example/callback"
        query = urllib.parse.urlencode(
            {
                "client_id": client,
                "redirect_uri": elsewhere,
                "response_type": "code",
                "scope": "openid profile email",
            }
        )
        form = urllib.parse.urlencode({"sub": subject}).encode()
        opener = urllib.request.build_opener(NoRedirect)
        try:
            opener.open(f"{self.told['authorization_endpoint']}?{query}", form, timeout=10)
            raise SystemExit("the provider does not send anybody back")
        except urllib.error.HTTPError as sent:
            location = sent.headers["location"]
        code = urllib.parse.parse_qs(urllib.parse.urlparse(location).query)["code"][0]
        form = urllib.parse.urlencode(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": elsewhere,
                "client_id": client,
                "client_secret": "any",
            }
        ).encode()
        with urllib.request.urlopen(self.told["token_endpoint"], form, timeout=10) as answer:
            return json.load(answer)["id_token"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ends the provider."""
        self._process.terminate()
        self._process.wait(30)
        self._log.close()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()
