"""Compute the default framework's usage signals at 25 dates, and let DuckDB do it.

Rows are one an account and day, of 20,000 accounts, in files of two million. The Go
side is BenchmarkLarge of internal/signal, which also looks for repeated rows; DuckDB
runs usage.sql on two threads. Both must agree in the totals of every signal.
Without duckdb the comparison is "not measured".

usage: usage.py [--rows N] [--folder DIR]
"""

import argparse
import datetime
import os
import pathlib
import re
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--folder")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        test, rows = os.path.join(folder, "signal.test"), os.path.join(folder, "usage")
        os.mkdir(rows)
        subprocess.run([GO, "test", "-c", "-o", test, "./internal/signal"], check=True, cwd=HERE.parent.parent)
        command = [test, "-test.run", "^$", "-test.bench", "Large", "-test.benchtime", "1x", "-large", str(args.rows), "-large-dir", rows]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # writes the rows
        before, start = os.times(), time.perf_counter()
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "GOMAXPROCS": "2"})
        ours, after = time.perf_counter() - start, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        mine = [float(x) for x in TOTALS.search(done.stdout).groups()]
        peak = re.search(r"([\d.]+) peak-MiB", done.stdout).group(1)
        print(f"accounthealth: {ours:.1f} s, {cpu:.1f} cpu s, peak {peak} MiB")
        try:
            import duckdb
        except ImportError:
            print("duckdb: not measured: it is not installed")
            return
        db = duckdb.connect()
        db.execute("set threads=2; set enable_progress_bar=false")
        sql = (HERE / "usage.sql").read_text().format(
            dates=str([str(d) for d in month_ends(datetime.date(2026, 6, 30), 25)]), input=rows + "/*.parquet")
        start, used = time.perf_counter(), time.process_time()
        db.execute("create table signals as " + sql)
        theirs, used = time.perf_counter() - start, time.process_time() - used
        print(f"duckdb {duckdb.__version__}: {theirs:.1f} s, {used:.1f} cpu s; times ours: {theirs / ours:.2f} in seconds, {used / cpu:.2f} in cpu seconds")
        totals = db.execute(
            "select count(*) filter (activity is not null), sum(activity), sum(feature_adoption), sum(days_since_login), "
            "count(*) filter (usage_trend = 'up'), count(*) filter (usage_trend = 'down') from signals"
        ).fetchone()
        for a, b in zip(mine, totals):
            if abs(a - float(b)) > 1e-6 * max(1, abs(a)):
                sys.exit(f"the totals differ: {mine} against {totals}")
        print("the totals of all signals agree")


if __name__ == "__main__":
    main()
