"""Score one wide file with accounthealth, DuckDB and polars, and compare.

Each reads the same Parquet file of accounts and writes a Parquet file with pillars,
composite, score, headline, status, coverage and interval: Snappy, rows in the order
of the input, two threads. The results are compared row by row before anything is
timed. Every run is a process of its own; the best of several counts, and the runs of
the three take turns. Needs Python with duckdb and polars.

usage: bench.py COMMAND [--accounts N] [--runs N] [--folder DIR] [--keep]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
AS_OF = "2026-06-30"
THREADS = "2"

DUCKDB = """
import duckdb, sys
c = duckdb.connect()
c.execute("SET threads = 2; SET preserve_insertion_order = true")
c.execute(open(sys.argv[1]).read().format(input=sys.argv[2], output=sys.argv[3], as_of=sys.argv[4]))
"""

EXACT = ("account_id", "headline", "status")
CLOSE = (  # to 1e-9, which for scores in tenths is equality: an engine may divide by 10 with a product
    "pillar_product", "pillar_support", "pillar_financial", "pillar_relationship", "composite", "coverage", "score", "score_low", "score_high",
)


def run(command):
    """Returns wall seconds, processor seconds and peak MiB of a process."""
    before = time.perf_counter()
    env = {**os.environ, "GOMAXPROCS": THREADS, "POLARS_MAX_THREADS": THREADS}
    p = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(p.pid, 0)
    if status != 0:
        sys.exit(f"failed: {command[0]} {command[1]}")
    return time.perf_counter() - before, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def compare(ours, other):
    import duckdb

    differs = [f"a.{c} IS DISTINCT FROM b.{c}" for c in EXACT]
    differs += [f"abs(a.{c} - b.{c}) > 1e-9 OR (a.{c} IS NULL) <> (b.{c} IS NULL)" for c in CLOSE]
    rows = duckdb.execute(f"SELECT count(*) FROM '{ours}'").fetchone()[0]
    both, wrong = duckdb.execute(
        f"SELECT count(*), count(*) FILTER ({' OR '.join(differs)}) FROM (FROM '{ours}') a POSITIONAL JOIN (FROM '{other}') b"
    ).fetchone()
    if wrong or both != rows:
        sys.exit(f"{other} differs from {ours} in {wrong} of {both} rows ({rows} expected)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("--accounts", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder")
    args = parser.parse_args()
    try:
        import duckdb
        import polars
    except ImportError as missing:
        sys.exit(f"the comparison needs Python with duckdb and polars: {missing}")
    command = str(pathlib.Path(args.command).resolve())
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        source = os.path.join(folder, "wide.parquet")
        target = {k: os.path.join(folder, k + ".parquet") for k in ("accounthealth", "duckdb", "polars")}
        subprocess.run([command, "sample", "--wide", source, "--accounts", str(args.accounts), "--end", AS_OF], check=True, stdout=subprocess.DEVNULL)
        commands = {
            "accounthealth": [command, "score", "--wide", source, "--to", target["accounthealth"], "--as-of", AS_OF, "--codec", "snappy", "--quiet"],
            "duckdb": [sys.executable, "-c", DUCKDB, str(HERE / "score.sql"), source, target["duckdb"], AS_OF],
            "polars": [sys.executable, str(HERE / "score_polars.py"), source, target["polars"], AS_OF],
        }
        for c in commands.values():
            run(c)
        for other in ("duckdb", "polars"):
            compare(target["accounthealth"], target[other])
        size = os.path.getsize(source) / 2**20
        print(f"{args.accounts} accounts, {size:.0f} MiB; duckdb {duckdb.__version__}, polars {polars.__version__}, {os.cpu_count()} processors")
        print("the three results agree in every row")
        times = {k: [] for k in commands}
        for _ in range(args.runs):
            for k, c in commands.items():
                times[k].append(run(c))
        mine = min(t[0] for t in times["accounthealth"])
        print(f"{'':14}{'seconds':>9}{'cpu s':>8}{'ns/account':>12}{'peak MiB':>10}{'written MiB':>13}{'times ours':>12}")
        for k, all_ in times.items():
            best = min(all_)
            written = os.path.getsize(target[k]) / 2**20
            print(f"{k:14}{best[0]:9.2f}{min(t[1] for t in all_):8.2f}{best[0] / args.accounts * 1e9:12.0f}{max(t[2] for t in all_):10.0f}{written:13.0f}{best[0] / mine:12.2f}")


if __name__ == "__main__":
    main()
