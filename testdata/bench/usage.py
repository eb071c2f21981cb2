"""Compute the default framework's usage signals at 25 dates, and let DuckDB do it.

Rows are one an account and day, of 20,000 accounts, in files of two million; with
100,000 accounts, 200 million rows are daily rows of 2,000 days (1.4 GB on disk). The Go
side is BenchmarkLarge of internal/signal, which also looks for repeated rows; DuckDB
runs usage.sql on two threads. Both must agree in the totals of every signal.
Without duckdb the comparison is "not measured".

usage: usage.py [--rows N] [--accounts N] [--folder DIR] [--side both|ours|duckdb] [--rows-in DIR]

--rows-in keeps the rows in a folder, or takes them from there if it has any; --side
runs one engine alone, for a look at its process from outside.
"""

import argparse
import datetime
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
GO = os.environ.get("GO", "go")
TOTALS = re.compile(r"totals: (\d+) (\S+) (\S+) (\d+) (\d+) (\d+)")


def month_ends(last, n):
    out = [last]
    while len(out) < n:
        out.append(out[-1].replace(day=1) - datetime.timedelta(days=1))
    return out


def ours(args, test, rows):
    """Run the Go side; returns its totals, seconds and CPU seconds."""
    subprocess.run([GO, "test", "-c", "-o", test, "./internal/signal"], check=True, cwd=HERE.parent.parent)
    command = [test, "-test.run", "^$", "-test.bench", "Large", "-test.benchtime", "1x", "-large", str(args.rows),
               "-large-accounts", str(args.accounts), "-large-dir", rows]
    if not os.listdir(rows):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # writes the rows
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "GOMAXPROCS": "2", "GOGC": "50"})  # GOGC as the command sets it
    seconds, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    peak = re.search(r"([\d.]+) peak-MiB", done.stdout).group(1)
    print(f"accounthealth: {seconds:.1f} s, {cpu:.1f} cpu s, peak {peak} MiB", flush=True)
    totals = [float(x) for x in TOTALS.search(done.stdout).groups()]
    print("totals:", *totals, flush=True)
    return totals, seconds, cpu


def theirs(rows):
    """Run DuckDB's side; returns its totals, seconds and CPU seconds, or None."""
    try:
        import duckdb
    except ImportError:
        print("duckdb: not measured: it is not installed")
        return None
    db = duckdb.connect()
    db.execute("set threads=2; set enable_progress_bar=false")
    sql = (HERE / "usage.sql").read_text().format(
        dates=str([str(d) for d in month_ends(datetime.date(2026, 6, 30), 25)]), input=rows + "/*.parquet")
    start, used = time.perf_counter(), time.process_time()
    db.execute("create table signals as " + sql)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"duckdb {duckdb.__version__}: {seconds:.1f} s, {used:.1f} cpu s, peak {peak:.0f} MiB", flush=True)
    totals = db.execute(
        "select count(*) filter (activity is not null), sum(activity), sum(feature_adoption), sum(days_since_login), "
        "count(*) filter (usage_trend = 'up'), count(*) filter (usage_trend = 'down') from signals"
    ).fetchone()
    print("totals:", *totals, flush=True)
    return [float(x) for x in totals], seconds, used


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--folder")
    parser.add_argument("--rows-in")
    parser.add_argument("--side", choices=["both", "ours", "duckdb"], default="both")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        rows = args.rows_in or os.path.join(folder, "usage")
        os.makedirs(rows, exist_ok=True)
        mine = ours(args, os.path.join(folder, "signal.test"), rows) if args.side != "duckdb" else None
        other = theirs(rows) if args.side != "ours" else None
    if not mine or not other:
        return
    print(f"times ours: {other[1] / mine[1]:.2f} in seconds, {other[2] / mine[2]:.2f} in cpu seconds")
    for a, b in zip(mine[0], other[0]):
        if abs(a - b) > 1e-6 * max(1, abs(a)):
            sys.exit(f"the totals differ: {mine[0]} against {other[0]}")
    print("the totals of all signals agree")


if __name__ == "__main__":
    main()
