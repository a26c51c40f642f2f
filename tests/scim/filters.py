"""Random filters (RFC 7644, 3.4.2.2), as trees and as text.

A tree is ("cmp", path, operator, value), ("pr", path), ("not", tree), ("and", trees), ("or", trees), or ("within", path,
tree) for `emails[..]`; ("within", path, tree, part, operator, value) is Entra's `emails[..].value eq ".."`.
"""

import json

from door import USER

ORDERS = ["eq", "ne", "gt", "ge", "lt", "le"]
OPERATORS = [*ORDERS, "co", "sw", "ew"]
TEXTS = ["userName", "externalId", "name.givenName", "name.familyName", "emails", "emails.value", "displayName"]
OTHERS = ["active", "emails.type", "emails.primary", "id", "meta.created", "meta.lastModified", "meta.resourceType"]
RARE = [
    "name", "schemas", "meta", "title", "nickName", "name.formatted", "name.middleName", "emails.display", "locale",
    "phoneNumbers.value", "addresses.country", "groups.value", "roles", "meta.location", "meta.version", "password",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "nosuch", "name.nosuch", "emails.nosuch",
    "urn:ietf:params:scim:schemas:core:2.0:Group:displayName", "urn:other:2.0:User:userName",
]  # fmt: skip
PARTS = ["value", "type", "primary"] * 5 + ["display", "nosuch"]
BEFORE, AFTER = "2001-02-03T04:05:06Z", "2101-02-03T04:05:06.789+02:00"
TIMES = [BEFORE, AFTER, "2001-02-03", "yesterday", ""]
BOOLEANS = [True, False, "True", "false", "FALSE", "yes"]


class Id:
    """Somebody's id, which differs between the servers."""

    def __init__(self, index):
        self.index = index


class Filters:
    """Random filters about these people."""

    def __init__(self, random, people):
        self._random, self._people = random, people
        addresses = [user["emails"][0]["value"] for user in people]
        self._texts = {
            "username": [user["userName"] for user in people],
            "externalid": [user["externalId"] for user in people if "externalId" in user],
            "displayname": [user["displayName"] for user in people if "displayName" in user],
            "name.givenname": [user["name"]["givenName"] for user in people],
            "name.familyname": [user["name"]["familyName"] for user in people],
            "emails": addresses,
            "emails.value": addresses,
        }

    def tree(self, depth=0, within=False):
        random = self._random
        turn = random.random()
        if depth < 3 and turn < 0.12:
            return ("not", self.tree(depth + 1, within))
        if depth < 3 and turn < 0.40:
            terms = [self.tree(depth + 1, within) for _ in range(random.choice([2, 2, 3]))]
            return (random.choice(["and", "or"]), terms)
        if not within and turn < 0.50:
            path = random.choice(["emails"] * 12 + ["phoneNumbers", "name"])
            inner = self.tree(depth + 1, True)
            if random.random() < 0.25:
                part = random.choice(["value", "type"])
                return ("within", self._name(path), inner, part, *self._compared("emails." + part))
            return ("within", self._name(path), inner)
        path = random.choice(PARTS) if within else self._path()
        whole = "emails." + path if within else path
        if random.random() < 0.12:
            return ("pr", self._name(path))
        return ("cmp", self._name(path), *self._compared(whole))

    def _path(self):
        kind = self._random.choices([TEXTS, OTHERS, RARE], [14, 5, 1])[0]
        return self._random.choice(kind)

    def _compared(self, path):
        """An operator, and a value that may fit the path."""
        random = self._random
        turn = random.random()
        if turn < 0.04:
            return random.choice(["eq", "ne"] * 3 + ["co", "le"]), None
        if turn < 0.06:
            return random.choice(OPERATORS), random.choice([0, 1, -1.5, 1e3, True, False])
        name = path.lower()
        if name in ("active", "emails.primary"):
            return random.choice(["eq", "ne"] * 8 + OPERATORS), random.choice(BOOLEANS[: random.choice([2, 2, 5, 6])])
        if name in ("meta.created", "meta.lastmodified"):
            return random.choice(ORDERS * 4 + OPERATORS), random.choice(TIMES[: random.choice([2, 2, 2, 5])])
        if name == "id":
            return random.choice(["eq", "ne"] * 8 + OPERATORS), Id(random.randrange(len(self._people)))
        if name == "emails.type":
            return random.choice(OPERATORS), random.choice(["work", "WORK", "home", "wo", "k", "", "x"])
        if name == "meta.resourcetype":
            return random.choice(OPERATORS), random.choice(["User", "user", "Group", "Us"])
        if name == "schemas":
            return random.choice(OPERATORS), random.choice([USER, USER.lower(), "urn:x"])
        return self._text(name)

    def _text(self, path):
        random = self._random
        # Mostly what somebody has there.
        own = self._texts.get(path)
        text = random.choice(own if own and random.random() < 0.8 else self._texts["username"])
        operator = random.choice(OPERATORS)
        turn = random.random()
        if operator in ("co", "sw", "ew") or turn < 0.2:
            begin = random.randrange(len(text) + 1)
            length = random.choice([0, 1, 2, 3, 5])
            part = {"sw": text[:length], "ew": text[len(text) - length :] if length else ""}
            text = part.get(operator, text[begin : begin + length])
        if random.random() < 0.3:
            text = random.choice([text.upper(), text.lower(), text.swapcase()])
        return operator, text

    def written(self, tree):
        """The text of a tree with places for ids; words and gaps are written somehow."""
        random = self._random
        kind = tree[0]
        gap = random.choice([" "] * 9 + ["  "])
        if kind == "pr":
            return f"{tree[1]}{gap}{self._word('pr')}"
        if kind == "cmp":
            return f"{tree[1]}{gap}{self._comparison(tree[2], tree[3])}"
        if kind == "not":
            return f"{self._word('not')}{random.choice([' ', ''])}({self.written(tree[1])})"
        if kind == "within":
            text = f"{tree[1]}[{self.written(tree[2])}]"
            if len(tree) > 3:
                text += f".{tree[3]}{gap}{self._comparison(tree[4], tree[5])}"
            return text
        return f"{gap}{self._word(kind)} ".join(self._term(kind, term) for term in tree[1])

    def _term(self, kind, term):
        """What binds less stands in parentheses; the rest does so sometimes."""
        must = kind == "and" and term[0] == "or"
        text = self.written(term)
        return f"({text})" if must or self._random.random() < 0.2 else text

    def _comparison(self, operator, value):
        text = f"\0{value.index}\0" if isinstance(value, Id) else json.dumps(value, ensure_ascii=self._random.random() < 0.3)
        return f"{self._word(operator)} {text}"

    def _word(self, word):
        return self._random.choice([word] * 6 + [word.upper(), word.title()])

    def _name(self, name):
        name = self._random.choice([name] * 6 + [name.upper(), name.lower()])
        if ":" not in name and self._random.random() < 0.08:
            return f"{USER}:{name}"
        return name


def for_ids(text, ids):
    """The text with the ids of one server."""
    pieces = text.split("\0")
    pieces[1::2] = [json.dumps(ids[int(piece)]) for piece in pieces[1::2]]
    return "".join(pieces)
