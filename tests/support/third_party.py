"""Lists the crates that the binary is built from, by licence: docs/THIRD_PARTY.md.

usage: third_party.py [--check]   (--check: exit 1 if the page is not what `cargo metadata` says)
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/THIRD_PARTY.md"
HEAD = """# What textmill is built from

Crates in the binary by licence, as each names it; made by `python3 tests/support/third_party.py`. Their texts are in the
packages themselves. Crates for tests only are not listed. The web page holds no foreign code; reports of checks of incoming
data hold Chart.js 4.6.1 with @kurkle/color 0.3.2 (MIT, `src/report/assets`). `/docs` is Swagger UI (Apache-2.0), out of
`utoipa-swagger-ui-vendored`. SQLite, in `libsqlite3-sys`, is in the public domain;
Zstandard, in `zstd-sys`, is BSD-3-Clause.
"""


def page() -> str:
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=PAGE.parents[1]).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    wanted, seen = [metadata["resolve"]["root"]], set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        for dependency in nodes[name]["deps"]:
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
                wanted.append(dependency["pkg"])
    by_licence = defaultdict(set)
    for name in seen - {metadata["resolve"]["root"]}:
        package = packages[name]
        licence = (package["license"] or "see its package").replace("/", " OR ").replace("  ", " ")
        by_licence[licence].add(package["name"])
    lines = [HEAD]
    for licence, names in sorted(by_licence.items()):
        lines.append(f"## {licence}\n\n{', '.join(sorted(names))}\n")
    return "\n".join(lines)


text = page()
if "--check" in sys.argv[1:]:
    if PAGE.read_text() != text:
        sys.exit(f"{PAGE.name} is old: python3 tests/support/third_party.py")
else:
    PAGE.write_text(text)
