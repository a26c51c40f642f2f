"""The people of whom both servers are asked."""

from door import USER

# What has broken programs, or means something to one of the languages on the way: filters, SQL, LIKE, JSON, HTML.
GIVEN = [
    "Ada", "ada", "ADA", "Grace", "Émile", "émile", "ÉMILE", "Zoë", "Łukasz", "Ñandú", "İpek", "Straße", "STRASSE",
    "O'Brien", "Robert'); DROP TABLE users;--", "100%", "under_score", "back\\slash", 'say "hi"', "&amp;bold",
    "null", "true", "False", "eq", "and", "pr", "Jean-Luc", "Mary Ann", "X Æ A-12", "李小龍", "محمد", "Ωmega", "ωMEGA",
    "a", "aa", "aaa", "Zz", "zZ", "~tilde", "{brace}", "[list]", "(paren)", "semi;colon", "comma, here", "٣three",
]  # fmt: skip
FAMILY = ["Lovelace", "lovelace", "Hopper", "Müller", "MÜLLER", "de la Cruz", "-", "Śliwa", "Lee", "le", "王", "Smith"]
KINDS = ["work", "home"]


def people(random, number):
    """So many people, as a directory would bring them."""
    return [_person(random, index) for index in range(number)]


def _person(random, index):
    given = GIVEN[index % len(GIVEN)]
    address = f"{random.choice(['p', 'P', 'Person.', 'x+y'])}{index}@{random.choice(['acme', 'Acme'])}.example"
    user = {
        "schemas": [USER],
        "userName": random.choice([address, f"{given.upper()}.{index}", f"{given}-{index}", f"user{index}"]),
        "name": {"givenName": given, "familyName": random.choice(FAMILY)},
        "emails": [{"value": address, "type": random.choice(KINDS), "primary": random.random() < 0.5}],
        "active": random.random() < 0.7,
    }
    if random.random() < 0.7:
        user["externalId"] = random.choice([f"id-{index}", f"ID-{index}", f"{index:08x}", f"é{index}", f"%_{index}"])
    if random.random() < 0.5:
        user["displayName"] = f"{given} {user['name']['familyName']}"
    return user
