"""The same people in muster and in the reference, and the same asked of both; each difference has a rule."""

import collections
import json
import random
import time
import urllib.parse

import filter_rules
import patch_rules
from door import USER
from filters import Filters, for_ids
from patches import Patches
from people import people

PEOPLE = 60
FILTERS = 1000
SUBJECTS = 8
PATCHES = 500
# Of the rules that are the reference told otherwise.
LETTERS = "beyond ASCII letters have no other case (RFC 7643, 2.2 tells no folding; both databases must fold alike)"
ENTRA = "elements that a filter names are made, and a removal's value chooses (Entra's; RFC 7644, 3.5.2 has neither)"
ORDER = "members of a value have no order (RFC 8259, 4)"


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
            assert patch_rules.kept(made)[0] == patch_rules.kept(person)[0], (made, person)
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
        return rules | {LETTERS}
    tree, others = filter_rules.rewritten(tree, "otherwise")
    text = made.written(tree)
    if both.ask("plain", text) == found:
        return rules | others
    if both.ask("ascii", text) == found:
        return rules | others | {LETTERS}
    return None


class Subjects:
    """Persons who are changed, and are as before when they are changed again."""

    def __init__(self, doors):
        self._doors = doors
        self._ids = {}
        for name, door in doors.items():
            made = [door.call("POST", "/Users", subject(index)) for index in range(SUBJECTS)]
            assert all(status == 201 for status, _ in made), made
            self._ids[name] = [user["id"] for _, user in made]

    def changed(self, name, index, body):
        """Somebody after a change, or the scimType of a refusal."""
        door, path = self._doors[name], f"/Users/{self._ids[name][index]}"
        status, before = door.call("PUT", path, subject(index))
        assert status == 200, (status, before)
        status, body = door.call("PATCH", path, body)
        again, after = door.call("GET", path)
        assert again == 200, (again, after)
        if status == 400:
            same = {**before, "meta": None} == {**after, "meta": None}
            assert same, f"{name} refuses, and something is changed: {before} {after}"
            return body.get("scimType") or "none"
        assert status in (200, 204), (name, status, body)
        assert body is None or body == after, (body, after)
        return after


def subject(index):
    return {
        "schemas": [USER],
        "userName": f"subject-{index}",
        "externalId": f"subject-{index}",
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "emails": [{"value": f"subject-{index}@acme.example", "type": "work", "primary": True}],
        "active": True,
    }


def patches(muster, references, seed):
    """Random changes; the names of what failed."""
    tally = Tally(f"{PATCHES} patches")
    made = Patches(random.Random(seed))
    subjects = Subjects({"muster": muster, **references})
    for number in range(PATCHES):
        body = made.body()
        judge = Judge(subjects, number % SUBJECTS, body)
        rules = judge.rules()
        if rules is None:
            text = json.dumps(body["Operations"], ensure_ascii=False)
            told = [one if isinstance(one, str) else patch_rules.kept(one)[0] for one in (judge.found, judge.wanted)]
            tally.unexplained.append(f"{text}\n    muster: {told[0]}, reference: {told[1]}")
        elif not rules:
            tally.counts["same: " + ("both refuse" if isinstance(judge.found, str) else "changed alike")] += 1
        tally.counts.update(f"rule: {rule}" for rule in rules or ())
    return tally.end()


class Judge:
    """One change of one person, in both servers."""

    def __init__(self, subjects, index, body):
        self._subjects, self._index, self._body = subjects, index, body
        self.found = subjects.changed("muster", index, body)
        self.wanted = subjects.changed("plain", index, body)

    def rules(self):
        """The rules that together tell why the answers differ, none if they do not; None if they do not tell it."""
        rules = self._same(self.found, self.wanted)
        if rules is not None:
            return rules
        one_by_one = patch_rules.operations(self._body)
        if one_by_one is None:
            return None
        found, refused = self.found, set()
        while isinstance(found, str):
            # Without what muster refuses, it must answer, and as the reference does.
            of_this = [rule for rule in patch_rules.RULES if rule.refuses == found]
            one_by_one, new = patch_rules.changed(one_by_one, of_this)
            refused |= new
            if not new:
                break
            if not one_by_one:
                return refused
            found = self._subjects.changed("muster", self._index, patch_rules.written(one_by_one))
        for is_rare in (False, True):
            meanings = [rule for rule in patch_rules.RULES if rule.refuses is None and rule.is_rare <= is_rare]
            again, used = patch_rules.changed(one_by_one, meanings)
            for manner in ("plain", "entra"):
                wanted = self._after(manner, again)
                rules = self._same(found, wanted)
                if rules is not None:
                    used |= {ENTRA} if manner == "entra" else set()
                    return rules | refused | used or {ORDER}
        return None

    def _after(self, manner, one_by_one):
        # An empty request is refused; this one changes nothing.
        nothing = [patch_rules.Operation("replace", "active", True, True)]
        return self._subjects.changed(manner, self._index, patch_rules.written(one_by_one or nothing))

    def _same(self, found, wanted):
        """By which rules of what is kept the answers are the same; None if they are not."""
        if isinstance(wanted, str):
            return set() if isinstance(found, str) else None
        told, rules = patch_rules.kept(wanted)
        if isinstance(found, str):
            why = patch_rules.refused(told)
            return {why} if why and found == "invalidValue" else None
        return rules if patch_rules.kept(found)[0] == told else None


def run(muster, references, seed=20260101):
    """Everything; the names of what failed."""
    print(f"seed {seed}")
    both = Both(muster, references, seed)
    return filters(both) + patches(muster, references, seed)
