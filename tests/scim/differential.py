"""The same people in muster and in the reference, and the same asked of both; each difference has a rule."""

import collections
import random
import time
import urllib.parse

import filter_rules
from filters import Filters, for_ids
from people import people

PEOPLE = 60
FILTERS = 1000


class Tally:
    """How often what happened; what no rule explains fails in the end."""

    def __init__(self, name):
        self._name, self._begun = name, time.monotonic()
        self.counts, self.unexplained = collections.Counter(), []

    def end(self):
        print(f"{self._name}, {time.monotonic() - self._begun:.0f} s:", flush=True)
        for what, number in sorted(self.counts.items(), key=lambda one: -one[1]):
            print(f"{number:6}  {what}")
        for one in self.unexplained:
            print(f"  UNEXPLAINED {one}")
        return [self._name] if self.unexplained else []


def kept(user):
    """A user without what a server gives, and with what muster knows of its one address."""
    user = {name: value for name, value in user.items() if name not in ("id", "meta")}
    user["emails"] = [{**email, "primary": True} for email in user["emails"]]
    return user


class Both:
    """Both servers with the same people: whom muster kept, as it shows them."""

    def __init__(self, muster, references, seed):
        self._muster, self._references = muster, references
        self.random = random.Random(seed)
        self.ids = {name: [] for name in ("muster", *references)}
        self.people = []
        for person in people(self.random, PEOPLE):
            status, made = muster.call("POST", "/Users", person)
            assert status == 201, (status, made, person)
            self.ids["muster"].append(made["id"])
            self.people.append(kept(made))
            for name, reference in references.items():
                status, same = reference.call("POST", "/Users", kept(made))
                assert status == 201, (status, same, made)
                self.ids[name].append(same["id"])

    def ask(self, name, text):
        """Whom a server finds by a filter, or None if it refuses."""
        door = self._muster if name == "muster" else self._references[name]
        query = urllib.parse.urlencode({"filter": for_ids(text, self.ids[name]), "attributes": "userName", "count": 200})
        status, body = door.call("GET", f"/Users?{query}")
        if status != 200:
            assert (status, body.get("scimType")) == (400, "invalidFilter"), (name, status, body, text)
            return None
        return frozenset(one["userName"] for one in body["Resources"])


def filters(both):
    """Random filters; the names of what failed."""
    tally = Tally(f"{FILTERS} filters")
    made = Filters(both.random, both.people)
    for _ in range(FILTERS):
        tree = made.tree()
        text = made.written(tree)
        found, wanted = both.ask("muster", text), both.ask("plain", text)
        if found == wanted:
            tally.counts["same: " + _size(found)] += 1
            continue
        rules = explained(both, made, tree, (found, wanted))
        if rules is None:
            some = "refused" if found is None else sorted(found)[:5]
            others = "refused" if wanted is None else sorted(wanted)[:5]
            tally.unexplained.append(f"{text}\n    muster: {some}, reference: {others}")
        tally.counts.update(f"rule: {rule}" for rule in rules or ())
    return tally.end()


def _size(found):
    if found is None:
        return "both refuse"
    return {0: "nobody", PEOPLE: "everybody"}.get(len(found), "some")


def explained(both, made, tree, answers):
    """The rules that together tell why the answers differ; None if they do not."""
    found, wanted = answers
    rules = set()
    if found is None:
        # Without what muster refuses, it must answer, and as the reference does.
        tree, refused = filter_rules.rewritten(tree, "refused")
        rules |= refused
        text = made.written(tree)
        found, wanted = both.ask("muster", text), both.ask("plain", text)
        if not refused or found is None:
            return None
    if found == wanted:
        return rules
    if both.ask("ascii", made.written(tree)) == found:
        return rules | {"letters beyond ASCII have no other case"}
    tree, others = filter_rules.rewritten(tree, "otherwise")
    text = made.written(tree)
    if both.ask("plain", text) == found:
        return rules | others
    if both.ask("ascii", text) == found:
        return rules | others | {"letters beyond ASCII have no other case"}
    return None


def run(muster, references, seed=20260101):
    """Everything; the names of what failed."""
    print(f"seed {seed}")
    both = Both(muster, references, seed)
    return filters(both)
