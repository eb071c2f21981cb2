"""Scans a Parquet file with a peer and prints the seconds of each run.

Usage: python3 scan.py PEER FILE RUNS, where PEER is duckdb or pyarrow. Prints one
JSON object a line: the version, {"way", "rows", "seconds", "cpu"} for each run of
each way, and for duckdb the totals that a right reader agrees on.

DuckDB has no cheapest way to read without doing anything, so several ways are
measured that have to decode every value of every column; the fastest counts.
"""
import json
import sys
import time

PEER, FILE, RUNS = sys.argv[1], sys.argv[2], int(sys.argv[3])
THREADS = 2
PATIENCE = 10  # seconds that repeats of one way may take; two runs are timed in any case


def say(**fields):
    print(json.dumps(fields), flush=True)


def timed(way, rows_of):
    first = time.perf_counter()
    for i in range(RUNS + 1):  # the first fills the caches
        if i > 1 and time.perf_counter() - first > PATIENCE:
            return
        start, cpu = time.perf_counter(), time.process_time()
        rows = rows_of()
        say(way=way, rows=rows, seconds=time.perf_counter() - start, cpu=time.process_time() - cpu)


def duckdb():
    import duckdb

    say(version="DuckDB " + duckdb.__version__)
    db = duckdb.connect()
    db.execute(f"set threads={THREADS}; set enable_progress_bar=false")
    table = f"read_parquet('{FILE}')"
    columns = [(name, kind) for name, kind, *_ in db.execute(f"describe select * from {table}").fetchall()]
    rows = db.execute(f"select count(*) from {table}").fetchone()[0]

    def aggregate(pick):
        return "select " + ", ".join(pick(f'"{c}"', t) for c, t in columns) + f" from {table}"

    def total(c, t):
        if t == "VARCHAR":
            return f"sum(strlen({c}))"
        if t == "BOOLEAN":
            return f"count(*) filter ({c})"
        if t == "DATE":
            return f"max({c})"
        return f"sum({c})"

    def smallest(c, t):
        return f"min({c})" if t != "VARCHAR" else f"min(strlen({c}))"

    ways = {
        "a sum a column": aggregate(total),
        "a minimum a column": aggregate(smallest),
        "a maximum a column": aggregate(lambda c, t: f"max({c})"),
        "the last value a column": aggregate(lambda c, t: f"last({c})"),
    }
    for way, sql in ways.items():
        timed(way, lambda sql=sql: (db.execute(sql).fetchall(), rows)[1])

    def batches():
        return sum(b.num_rows for b in db.sql(f"select * from {table}").to_arrow_reader(122880))

    timed("Arrow batches", batches)
    sums = {
        "VARCHAR": "sum(strlen({c}))",
        "BOOLEAN": "count(*) filter ({c})",
        "DATE": "sum(datediff('day', date '1970-01-01', {c}))",
    }
    parts = [f"count({c}), " + sums.get(t, "sum({c})").format(c=c) for c, t in ((f'"{c}"', t) for c, t in columns)]
    row = db.execute("select " + ", ".join(parts) + f" from {table}").fetchone()
    say(totals={c: [float(row[2 * i]), float(row[2 * i + 1])] for i, (c, _) in enumerate(columns)})


def pyarrow():
    import pyarrow
    import pyarrow.parquet as pq

    say(version="pyarrow " + pyarrow.__version__)
    pyarrow.set_cpu_count(THREADS)
    text = [f.name for f in pq.read_schema(FILE) if pyarrow.types.is_string(f.type)]

    def batches(**options):
        return sum(b.num_rows for b in pq.ParquetFile(FILE, **options).iter_batches(122880))

    timed("Arrow batches", batches)
    timed("Arrow batches, texts as dictionaries", lambda: batches(read_dictionary=text))


{"duckdb": duckdb, "pyarrow": pyarrow}[PEER]()
