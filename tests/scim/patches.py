"""Random changes of a person (RFC 7644, 3.5.2), in the shapes that directories send, and in some that nobody should."""

from door import PATCH, USER

TEXTS = ["userName", "externalId", "displayName", "name.givenName", "name.familyName"]
EMAILS = [
    "emails", "emails", 'emails[type eq "work"]', 'emails[type eq "work"].value', 'emails[type eq "work"].value',
    'emails[type Eq "WORK" and value co "@"].value', "emails[primary eq true].value", 'emails[type eq "home"].value',
    'emails[type eq "home"]', 'emails[not (type eq "home")].value', "emails.value", 'emails[value eq "nobody@acme.example"]',
    'emails[type eq "work"].primary', "emails[value pr].type", 'emails[value ew ".example"]', "emails.type",
    'emails[nosuch eq "x"].value', 'emails[type eq "work"].nosuch', 'emails[type eq "work"', "emails[]",
]  # fmt: skip
OTHERS = [
    "title", "nickName", "name.formatted", 'phoneNumbers[type eq "work"].value', "preferredLanguage",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "id", "meta", "meta.created", "schemas",
    "nosuch", "name.nosuch", "userName.nosuch", 'userName[value eq "x"]', "a b", "urn:x:y:userName", "password",
]  # fmt: skip
WORDS = ["Ada", "émile", "x", "O'Brien", "100%", "", " ", "李", "false", "null", "a" * 90, "a.b", "Jean-Luc"]
NAMES = [*WORDS, "www.acme.example", "<b>", "http://x", "a" * 101]
WRONG = [1, True, ["a"], {"value": "a"}, {}, [], 1.5]
BOOLEANS = [True, False, True, False, "True", "False", "true", "FALSE", "yes", 1, None]


class Patches:
    """Random changes; each speaks of nobody else's address."""

    def __init__(self, random):
        self._random, self._number = random, 0

    def body(self):
        operations = [self._operation() for _ in range(self._random.choice([1, 1, 1, 2, 3]))]
        body = {"schemas": [PATCH], "Operations": operations}
        if self._random.random() < 0.02:
            body["Operations"] = self._random.choice([[], {}, None, "add"])
        return body

    def _operation(self):
        random = self._random
        op = random.choice(["add", "replace", "replace", "replace", "remove"])
        operation = {"op": random.choice([op] * 4 + [op.title(), op.upper()])}
        if random.random() < 0.02:
            operation["op"] = random.choice(["move", "", "test"])
        if op == "remove":
            if random.random() < 0.95:
                operation["path"] = self._path()
            if random.random() < 0.15:
                operation["value"] = random.choice([None, [{"value": self._address()}], [{"type": "work"}], "x"])
            return operation
        if random.random() < 0.3:
            names = [self._path() for _ in range(random.choice([1, 2, 3]))]
            operation["value"] = {name: self._value(name) for name in names}
            if random.random() < 0.1:
                operation["path"] = ""
            if random.random() < 0.05:
                operation["value"] = random.choice(WRONG[:3])
            return operation
        operation["path"] = self._path()
        if random.random() < 0.97:
            operation["value"] = self._value(operation["path"])
        return operation

    def _path(self):
        random = self._random
        kind = random.choices([TEXTS, EMAILS, ["active"], ["name"], OTHERS], [7, 7, 4, 2, 3])[0]
        path = random.choice(kind)
        path = random.choice([path] * 8 + [path.lower()])
        if path[0].isalpha() and ":" not in path and random.random() < 0.08:
            return f"{USER}:{path}"
        return path

    def _value(self, path):
        """A value that fits the path, mostly."""
        random = self._random
        turn = random.random()
        if turn < 0.03:
            return random.choice(WRONG)
        if turn < 0.06:
            return None
        name = path.removeprefix(USER + ":").lower()
        if name == "active" or name.endswith(".primary"):
            return random.choice(BOOLEANS)
        if name == "name":
            names = {"givenName": random.choice(NAMES), "familyName": random.choice(WORDS), "formatted": "x"}
            return {one: names[one] for one in names if random.random() < 0.5}
        if name == "emails":
            emails = [self._email() for _ in range(random.choice([0, 1, 1, 1, 2, 3]))]
            return emails[0] if emails and random.random() < 0.1 else emails
        if name.endswith("]"):
            return random.choice([self._email(), self._email(), [self._email()]])
        if name.startswith("emails") and name.endswith("type"):
            return random.choice(["work", "home", "other", "WORK"])
        if name.startswith("emails"):
            return random.choice([self._address()] * 9 + ["nonsense", ""])
        if name == "username":
            return random.choice([self._address(), f"user-{self._fresh()}", f"Jürgen-{self._fresh()}"])
        if name == "externalid":
            return random.choice([f"ext-{self._fresh()}", f"EXT {self._fresh()}", ""])
        return random.choice(NAMES if name.startswith("name.") else WORDS)

    def _email(self):
        random = self._random
        email = {"value": self._address()}
        if random.random() < 0.8:
            email["type"] = random.choice(["work", "work", "home", "other"])
        if random.random() < 0.4:
            email["primary"] = random.choice([True, True, False, "True"])
        return email

    def _address(self):
        return f"{self._random.choice(['new', 'New.', 'x+'])}{self._fresh()}@{self._random.choice(['acme', 'Acme'])}.example"

    def _fresh(self):
        self._number += 1
        return self._number
