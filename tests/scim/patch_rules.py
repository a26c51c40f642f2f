"""Why muster makes something else of some changes than the reference: each reason is a rule, as of filters.

What muster makes of an operation is told as other operations, of which the reference is asked again; what muster refuses
is left out, and both are asked again. What is left is what muster keeps of a person.
"""

import dataclasses
import re
from collections.abc import Callable

from door import PATCH, USER
from filter_rules import is_foreign

# Names that muster knows: of others it makes nothing if they are members of a value, and refuses them as paths.
KNOWN = {
    "id", "externalid", "schemas", "meta", "username", "name", "emails", "active", "displayname", "meta.created",
    "name.givenname", "name.familyname", "emails.value", "emails.type", "emails.primary",
}  # fmt: skip
PATH = re.compile(r"(?P<name>[^\[]*)(\[(?P<filter>.+)\](\.(?P<part>\w+))?)?")


@dataclasses.dataclass
class Operation:
    """One change of one thing; `is_member` if it was a member of a value without a path."""

    op: str
    path: str | None
    value: object = None
    has_value: bool = False
    is_member: bool = False

    @property
    def name(self):
        """What is changed, in small letters, without the schema and without which element."""
        found = PATH.fullmatch(self.path or "")
        if found is None:
            return None
        name = found["name"].lower().removeprefix(USER.lower() + ":")
        return f"{name}.{found['part'].lower()}" if found["part"] else name

    @property
    def takes_away(self):
        return self.op == "remove" or (self.op == "replace" and self.has_value and self.value is None)

    def written(self):
        if self.is_member:
            return {"op": self.op, "value": {self.path: self.value}}
        operation = {"op": self.op}
        if self.path is not None:
            operation["path"] = self.path
        if self.has_value:
            operation["value"] = self.value
        return operation


@dataclasses.dataclass
class Rule:
    """`means` is what muster makes of an operation that the rule is about: another one, or None for nothing. A rule with
    `refuses` is about what muster refuses, with that scimType."""

    name: str
    why: str
    is_about: Callable[[Operation], bool]
    means: Callable[[Operation], Operation | None] = lambda operation: None
    refuses: str | None = None
    # Depends on what there is, so that it is tried last.
    is_rare: bool = False


def _is_member_in_brackets(operation):
    return operation.is_member and "[" in operation.path


def _is_truth(value):
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))


def _is_contradicted(operation):
    """Whether an address that is named by its kind is given another."""
    found = re.search(r'emails\[type eq "(work|home)"\]$', operation.path or "", re.IGNORECASE)
    kind = operation.value.get("type") if found and isinstance(operation.value, dict) else None
    return kind is not None and kind.lower() != found[1].lower()


RULES = [
    Rule(
        "what nobody knows is passed over in a whole",
        "RFC 7644, 3.5.1 and 3.3: what is not of the schema may be ignored; as a path it is refused.",
        lambda operation: operation.is_member and operation.name not in KNOWN and not is_foreign(operation.name or ""),
    ),
    Rule(
        "what only the server gives is passed over in a whole",
        "RFC 7644, 3.5.1: what is read-only is ignored in a whole resource; directories send id and meta back, so that a value "
        "without a path is taken as a part of a whole one. As a path it is refused.",
        lambda operation: operation.is_member and operation.name in ("id", "schemas", "meta", "meta.created"),
    ),
    Rule(
        "a member may choose elements",
        "RFC 7644, 3.5.2 has no path as a member's name; Entra sends `emails[type eq \"work\"].value` as one, and means it.",
        _is_member_in_brackets,
        lambda operation: dataclasses.replace(operation, is_member=False),
    ),
    Rule(
        "nobody has it",
        "RFC 7643, 4.1: muster does not keep the attribute; whatever is done to it is done, and its value is not looked at.",
        lambda operation: is_foreign(operation.name or ""),
    ),
    Rule(
        "nothing is added",
        "RFC 7643, 2.5: null is no value, and to add none changes nothing; the reference refuses it as a missing one.",
        lambda operation: operation.op == "add" and operation.has_value and operation.value is None,
    ),
    Rule(
        "a removal's value may say which addresses, and nothing else",
        "RFC 7644, 3.5.2.2: the path says what is removed; a value has no meaning there.",
        lambda operation: operation.op == "remove" and operation.has_value and operation.name != "emails",
        lambda operation: dataclasses.replace(operation, value=None, has_value=False),
    ),
    Rule(
        "a list of one is that one",
        "RFC 7644, 3.5.2: Entra sends the element that a filter chooses as a list.",
        lambda operation: isinstance(operation.value, list) and len(operation.value) == 1 and "]" in (operation.path or "")[-1:],
        lambda operation: dataclasses.replace(operation, value=operation.value[0]),
    ),
    Rule(
        "an address may be told by its text alone",
        "RFC 7643, 2.4 has objects; some send the text, as of attributes that hold nothing else.",
        lambda operation: operation.name == "emails" and isinstance(operation.value, str) and "[" not in operation.path,
        lambda operation: dataclasses.replace(operation, value=[{"value": operation.value}]),
    ),
    Rule(
        "what a filter names is made as its value says",
        "RFC 7644, 3.5.2.3 knows no element that is made; Entra wants it, and what it sends counts more than what it looked for.",
        _is_contradicted,
        lambda operation: dataclasses.replace(operation, op="add", path="emails"),
        is_rare=True,
    ),
    Rule(
        "a chosen address is replaced, and not what is told of it",
        "RFC 7644, 3.5.2.3: all matching values are replaced; muster keeps the kind alone, the reference all that is not told.",
        lambda operation: operation.op == "replace" and operation.name == "emails" and isinstance(operation.value, dict),
        lambda operation: dataclasses.replace(operation, value={"value": None, "primary": None, **operation.value}),
        is_rare=True,
    ),
    Rule(
        "a filter that nothing is like has no target",
        "RFC 7644, 3.12: noTarget is for a filter that yields no match; the reference removes nothing, and says that it did.",
        lambda operation: operation.takes_away and "[" in (operation.path or ""),
        refuses="noTarget",
    ),
    Rule(
        "true or false, and no other word",
        "RFC 7643, 2.3.2: a boolean is true or false; Entra's strings of these are taken, the reference takes `yes` and 1.",
        lambda operation: operation.name in ("active", "emails.primary")
        and operation.op != "remove"
        and operation.value is not None
        and not _is_truth(operation.value),
        refuses="invalidValue",
    ),
    Rule(
        "schemas are not changed",
        "RFC 7643, 3: schemas say what is in the resource, which muster knows; the reference keeps any text among them.",
        lambda operation: operation.name == "schemas" and not operation.is_member,
        refuses="mutability",
    ),
    Rule(
        "whether somebody is active is always told",
        "RFC 7644, 3.5.2.2: mutability is for the removal of what is required, and muster's schema says that it is.",
        lambda operation: operation.name == "active" and operation.takes_away,
        refuses="mutability",
    ),
]


def operations(body):
    """The changes of a request one by one, or None if it has none that could be told. Members of a value have no order (RFC
    8259, 4): where two of them are the same attribute, muster takes them by their names."""
    if not isinstance(body["Operations"], list):
        return None
    one_by_one = []
    for operation in body["Operations"]:
        op, path = operation["op"].lower(), operation.get("path") or None
        value, has_value = operation.get("value"), "value" in operation
        if path is None and op != "remove" and isinstance(value, dict):
            one_by_one += [Operation(op, name, inner, True, True) for name, inner in sorted(value.items())]
        else:
            one_by_one.append(Operation(op, path, value, has_value))
    return one_by_one


def written(one_by_one):
    return {"schemas": [PATCH], "Operations": [operation.written() for operation in one_by_one]}


def changed(one_by_one, rules):
    """The operations as rules tell them; and which rules told something."""
    used, again = set(), []
    for operation in one_by_one:
        for rule in rules:
            if operation is not None and rule.is_about(operation):
                used.add(rule.name)
                operation = rule.means(operation)
        if operation is not None:
            again.append(operation)
    return again, used


def refused(told):
    """Why muster has nobody who is told so, if it has not."""
    address = told["address"]
    if address is None:
        return "everybody has an address (RFC 7643, 7: muster's schema requires one)"
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        return "an address is one (RFC 7643, 4.1.2, by RFC 5321)"
    if any(re.search(r"[<>]|://|www\.", told[name]) or len(told[name]) > 100 for name in ("givenName", "familyName")):
        return "a name is no link, and has an end (RFC 7644, 3.12: invalidValue; letters show names to strangers)"
    lines = [told[name] or "" for name in ("userName", "externalId", "displayName")]
    if any(line != line.strip() for line in lines):
        return "no spaces stand around what is kept as it is (RFC 7644, 3.12: invalidValue)"
    return None


def kept(user):
    """What muster keeps of a person whom the reference has, and by which rules."""
    rules = set()
    names = user.get("name") or {}
    known = [email for email in user.get("emails") or [] if email.get("value")]
    first = lambda holds: next((email for email in known if holds(email)), None)  # noqa: E731
    chosen = (
        first(lambda email: email.get("primary") is True)
        or first(lambda email: (email.get("type") or "").lower() == "work")
        or first(lambda email: True)
    )
    if len(known) > 1:
        rules.add("one address is kept (RFC 7643, 2.4): the primary one, else that of work, else the first")
    address = chosen["value"] if chosen else None
    if address is None and "@" in user["userName"]:
        address = user["userName"]
        rules.add("a userName that is an address is the address (RFC 7643, 4.1.1: it may be one)")
    told = {
        "userName": user["userName"],
        "externalId": user.get("externalId"),
        "active": user.get("active"),
        "address": address,
        "givenName": names.get("givenName"),
        "familyName": names.get("familyName"),
        "displayName": user.get("displayName"),
    }
    for name in ("externalId", "displayName"):
        if told[name] == "":
            told[name] = None
            rules.add("an empty text is none (RFC 7643, 2.5: unassigned)")
    for name, other in (("givenName", (address or "").split("@")[0]), ("familyName", "-")):
        if not (told[name] or "").strip():
            told[name] = other
            rules.add("who has no name is called by his address (RFC 7643, 2.2: a provider may give what is required)")
    return told, rules
