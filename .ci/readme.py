#!/usr/bin/env python3
"""Holds README.md to its word: its commands are run as they are printed, and its tables are compared with the program.

    readme.py block NAME     the one fenced block that is marked ```sh NAME
    readme.py recipes DIR    a bash script of all ```sh recipe blocks, in order; what a block prints must be the
                             ```text block that follows it, if one does. DIR is for its scratch files.
    readme.py flags          compares the configuration table with what `muster serve --help` says on stdin
    readme.py links          checks that every relative link of every Markdown file leads somewhere
"""

import pathlib
import re
import shlex
import sys

README = pathlib.Path("README.md")


def blocks():
    """Every fenced block as (info string, text, line), in order."""
    found, info, start, lines = [], None, 0, []
    for number, line in enumerate(README.read_text().splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif info is None:
            info, start, lines = line[3:].strip(), number, []
        else:
            found.append((info, "\n".join(lines) + "\n", start))
            info = None
    return found


def block(name):
    texts = [text for info, text, _ in blocks() if info == f"sh {name}"]
    if len(texts) != 1:
        sys.exit(f"README.md has {len(texts)} blocks marked `sh {name}`, not one")
    return texts[0]


def recipes(scratch):
    scratch, found = pathlib.Path(scratch), blocks()
    script = ["set -euo pipefail", "trap 'jobs -p | xargs -r kill' EXIT"]
    count = 0
    for (info, text, line), following in zip(found, found[1:] + [("", "", 0)]):
        if info != "sh recipe":
            continue
        count += 1
        printed = shlex.quote(str(scratch / f"{line}.printed"))
        script.append(f"printf '\\n-- README.md, line {line}\\n%s' {shlex.quote(text)} >&2")
        # In braces, not in a subshell: what one recipe learns, the next ones use.
        script.append(f"{{\n{text}}} > {printed}\ncat {printed}")
        if following[0] == "text":
            expected = scratch / f"{line}.expected"
            expected.write_text(following[1])
            script.append(f"diff -u {shlex.quote(str(expected))} {printed}")
    if count == 0:
        sys.exit("README.md has no recipes")
    return "\n".join(script) + f"\necho '{count} recipes of README.md did what it says'\n"


def documented_flags():
    """The table's rows: | `--flag` | `VARIABLE` | default | meaning |."""
    row = re.compile(r"^\| `--([a-z-]+)` \| (?:`(MUSTER_\w+)`)? *\| (?:`([^`]+)`)? *\|", re.MULTILINE)
    return {flag: (variable, default) for flag, variable, default in row.findall(README.read_text())}


def real_flags(text):
    flags = {}
    for part in re.split(r"^ +(?:-\w, )?--", text, flags=re.MULTILINE)[1:]:
        name = re.match(r"[a-z-]+", part).group()
        variable = re.search(r"\[env: (\w+)", part)
        default = re.search(r'\[default: "?(.*?)"?\]', part)
        if name not in ("help", "version"):
            flags[name] = (variable.group(1) if variable else "", default.group(1) if default else "")
    return flags


def flags(text):
    told, real = documented_flags(), real_flags(text)
    wrong = [
        f"--{name}: README.md says {told.get(name)}, the program {real.get(name)}"
        for name in sorted(told.keys() | real.keys())
        if told.get(name) != real.get(name)
    ]
    if wrong or not real:
        sys.exit("\n".join(wrong) or "no flags on stdin")
    return f"{len(real)} flags, each as README.md has it\n"


def links():
    wrong, count = [], 0
    for file in [*pathlib.Path().glob("*.md"), *pathlib.Path("docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text()):
            count += 1
            if not (file.parent / target).exists():
                wrong.append(f"{file}: {target} is not there")
    if wrong:
        sys.exit("\n".join(wrong))
    return f"{count} links lead somewhere\n"


def main():
    match sys.argv[1:]:
        case ["block", name]:
            print(block(name), end="")
        case ["recipes", scratch]:
            print(recipes(scratch), end="")
        case ["flags"]:
            print(flags(sys.stdin.read()), end="")
        case ["links"]:
            print(links(), end="")
        case _:
            sys.exit(__doc__)


main()
