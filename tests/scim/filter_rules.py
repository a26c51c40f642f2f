"""Why muster answers some filters otherwise than the reference: each reason is a rule, with its place in the standard.

A rule says which comparison it is about, and what that comparison is for muster. The comparison is put in its place and
asked again: nothing else of the filter may differ.
"""

import dataclasses
import re
from collections.abc import Callable

from filters import Id

# Of the standard's user and not of muster's: nobody has it.
FOREIGN = {
    "nickname", "profileurl", "title", "usertype", "preferredlanguage", "locale", "timezone", "password", "phonenumbers",
    "ims", "photos", "addresses", "groups", "entitlements", "roles", "x509certificates", "manager",
}  # fmt: skip
FOREIGN_PARTS = {"name.formatted", "name.middlename", "name.honorificprefix", "name.honorificsuffix", "emails.display"}
EXTENSION = "urn:ietf:params:scim:schemas:extension:"
TIMES = ("meta.created", "meta.lastmodified")
BOOLEANS = ("active", "emails.primary")
NOBODY, EVERYBODY = ("pr", "title"), ("pr", "userName")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclasses.dataclass
class Rule:
    """Whether a comparison of a path, which is told in small letters, is one that the rule is about; `means` is what
    muster makes of it, or None if it refuses."""

    name: str
    why: str
    is_about: Callable[[str, str, object], bool]
    means: Callable[[str], tuple] | None = None


def is_foreign(path):
    head = path.split(".")[0]
    return head in FOREIGN or path in FOREIGN_PARTS or path.startswith(EXTENSION)


def is_text(path):
    kept = ("username", "externalid", "name.givenname", "name.familyname", "emails", "emails.value", "displayname")
    return path in (*kept, "emails.type", "meta.resourcetype", "schemas", "id")


def is_substring(operator):
    return operator in ("co", "sw", "ew")


RULES = [
    Rule(
        "null is equal or not",
        "RFC 7644, 3.4.2.2: null is no value, and what is not there has neither parts nor an order; 3.12: invalidFilter is "
        "for a comparison that is not supported.",
        lambda path, operator, value: value is None and operator not in ("eq", "ne", "pr"),
    ),
    Rule(
        "nobody has it",
        "RFC 7643, 4.1: muster does not keep the attribute, so that whatever is said of it holds for nobody, but that it "
        "differs (RFC 7644, 3.4.2.2); parts and values of what nobody has are not looked at.",
        lambda path, operator, value: is_foreign(path),
        lambda operator: EVERYBODY if operator == "ne" else NOBODY,
    ),
    Rule(
        "everybody has a location",
        "RFC 7643, 3.1: a resource tells where it is; the reference makes that up when it answers, and does not find it.",
        lambda path, operator, value: path == "meta.location" and operator == "pr",
        lambda operator: EVERYBODY,
    ),
    Rule(
        "ids are equal or not",
        "RFC 7643, 3.1: an id is opaque, so that nothing can be meant by its parts or its order.",
        lambda path, operator, value: path == "id" and operator not in ("eq", "ne", "pr"),
    ),
    Rule(
        "only parts compare",
        "RFC 7644, 3.4.2.2: of a complex attribute one of its parts is named; the whole equals no text.",
        lambda path, operator, value: path in ("name", "meta") and operator != "pr" and value is not None,
    ),
    Rule(
        "a time is no text",
        "RFC 7644, 3.4.2.2: of a dateTime an order is told, and no text whose parts could be looked for.",
        lambda path, operator, value: path in TIMES and is_substring(operator),
    ),
    Rule(
        "a time has all its parts",
        "RFC 7643, 2.3.5: a dateTime has date, time and zone; the reference takes a day for its midnight.",
        lambda path, operator, value: path in TIMES and operator != "pr" and not TIME.fullmatch(str(value)),
    ),
    Rule(
        "what is derived is not asked for",
        "RFC 7644, 3.12: invalidFilter is for what is not supported; locations and versions are made anew in each answer.",
        lambda path, operator, value: path in ("meta.location", "meta.version") and operator != "pr" and value is not None,
    ),
    Rule(
        "true or false, and no other word",
        "RFC 7643, 2.3.2: a boolean is true or false; Entra's strings of these are taken, the reference takes `yes` and 1.",
        lambda path, operator, value: path in BOOLEANS
        and operator != "pr"
        and value is not None
        and str(value).lower() not in ("true", "false"),
    ),
    Rule(
        "a text compares with a text",
        "RFC 7644, 3.4.2.2: the types of both sides agree; the reference looks for a number within texts, and finds none.",
        lambda path, operator, value: is_text(path)
        and is_substring(operator)
        and not isinstance(value, str | Id)
        and value is not None,
    ),
]


def of(path, operator, value):
    """The rule about a comparison, if there is one."""
    return next((rule for rule in RULES if rule.is_about(path, operator, value)), None)


def rewritten(tree, wanted, within=None):
    """The tree with other comparisons where rules say so, of those that muster refuses or of the others; and the rules."""
    rules = set()

    def compared(path, operator, value):
        whole = _short(path if within is None else f"{within}.{path}")
        rule = of(whole, operator, value)
        if rule is None or (rule.means is None) != (wanted == "refused"):
            return None
        rules.add(rule.name)
        # Within brackets everything is a part.
        if rule.means is None:
            return ("pr", "value") if within else EVERYBODY
        means = rule.means(operator)
        return means if within is None else ("pr", "value" if means == EVERYBODY else "display")

    def of_tree(tree, inner):
        again, found = rewritten(tree, wanted, inner)
        rules.update(found)
        return again

    kind = tree[0]
    if kind == "pr":
        return compared(tree[1], "pr", None) or tree, rules
    if kind == "cmp":
        return compared(*tree[1:]) or tree, rules
    if kind == "not":
        return ("not", of_tree(tree[1], within)), rules
    if kind in ("and", "or"):
        return (kind, [of_tree(term, within) for term in tree[1]]), rules
    path = _short(tree[1])
    if is_foreign(path) and wanted != "refused":
        rules.add("nobody has it")
        return NOBODY, rules
    inner = of_tree(tree[2], path)
    if len(tree) == 3:
        return ("within", tree[1], inner), rules
    rest = of_tree(("cmp", *tree[3:]), path)
    return ("within", tree[1], ("and", [inner, rest])), rules


def _short(path):
    """A path in small letters, without the schema of users."""
    path = path.lower()
    return path.removeprefix("urn:ietf:params:scim:schemas:core:2.0:user:")
