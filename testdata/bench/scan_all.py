"""Compare how fast a wide Parquet file is read into Arrow batches.

Three files of the same rows are read: that of `accounthealth sample --wide`, and those
that DuckDB and pyarrow write of it with their defaults, so that no figure rests on how
one writer lays its files out. Every reader decodes all columns on two threads. DuckDB has no
reading without doing something, so several queries are timed that need every value
of every column; its fastest counts, and so does its export to Arrow batches.
Sums and counts of every column must agree with DuckDB's before anything is printed.
A reader that is not installed is "not measured". The best of several runs counts.

usage: scan_all.py COMMAND [--accounts N] [--runs N] [--file FILE], which reads only FILE
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
GO = os.environ.get("GO", "go")
ARROW = "Arrow batches"  # the way that every reader has
FLOOR = "uncompressing alone"  # no reading: what no reader of compressed pages gets by without


def lines(command, **options):
    """The JSON lines of a process, or None where it cannot be run."""
    env = {**os.environ, "GOMAXPROCS": "2"}
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        return None, done.stderr.strip().splitlines()[-1:]
    return [json.loads(line) for line in done.stdout.splitlines()], None


def built(folder, name, **options):
    target = os.path.join(folder, name)
    subprocess.run([GO, "build", "-o", target, "."], check=True, **options)
    return target


def best(of):
    ways = {}
    for d in of:
        if "way" in d:
            seconds, cpu = ways.get(d["way"], (float("inf"), float("inf")))
            ways[d["way"]] = min(seconds, d["seconds"]), min(cpu, d["cpu"])
    return ways


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("--accounts", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        readers = readers_of(folder)
        if args.file:
            compare(readers, args.file, args.file, args.runs)
            return
        file = os.path.join(folder, "wide.parquet")
        subprocess.run([args.command, "sample", "--wide", file, "--accounts", str(args.accounts)], check=True, stdout=subprocess.DEVNULL)
        compare(readers, "written by accounthealth sample --wide", file, args.runs)
        for writer in ("duckdb", "pyarrow"):
            again = os.path.join(folder, writer + ".parquet")
            if subprocess.run([sys.executable, str(HERE / "rewrite.py"), writer, file, again], stderr=subprocess.DEVNULL).returncode != 0:
                print(f"\nwritten by {writer}: not measured: it is not installed or failed")
                continue
            compare(readers, "the same rows written by " + writer, again, args.runs)
            os.remove(again)


def readers_of(folder):
    """The command of each reader, but for the file and the number of runs."""
    readers = {}
    if shutil.which(GO) is not None:
        readers["accounthealth"] = lambda file, runs, c=built(folder, "scan", cwd=HERE / "scan"): [c, "-file", file, "-runs", runs]
    for peer in ("duckdb", "pyarrow"):
        readers[peer] = lambda file, runs, peer=peer: [sys.executable, str(HERE / "scan.py"), peer, file, runs]
    if shutil.which(GO) is not None:
        try:
            c = built(folder, "pqarrow", cwd=HERE / "pqarrow", env={**os.environ, "GOFLAGS": "-mod=readonly"})
            readers["pqarrow"] = lambda file, runs: [c, "-file", file, "-runs", runs]
        except subprocess.CalledProcessError:
            print("pqarrow: not measured: it cannot be built here")
    return readers


def compare(readers, title, file, runs):
    results = {}
    print(f"\n{title}:", flush=True)
    for name, command in readers.items():
        results[name], why = lines(command(file, str(runs)))
        if results[name] is None:
            print(f"{name}: not measured: {why[0] if why else 'it failed'}")
    report(results, file)


def report(results, file):
    ours = results.get("accounthealth") or sys.exit("nothing to compare")
    totals = [d["totals"] for d in ours if "totals" in d]
    peer = [d["totals"] for d in results.get("duckdb") or [] if "totals" in d]
    for t in totals[1:] + peer:
        for column, (known, total) in t.items():
            first = totals[0][column]
            if first[0] != known or abs(first[1] - total) > 1e-9 * max(1, abs(total)):
                sys.exit(f"column {column} differs: {first} against {[known, total]}")
    rows = next(d["rows"] for d in ours if "rows" in d)
    print(f"{rows:,} rows x {len(totals[0])} columns, {os.path.getsize(file) / 2**20:.0f} MiB; counts and sums agree" + (" with DuckDB's" if peer else ""))
    print(f"{'':52}{'seconds':>9}{'cpu s':>8}{'million rows/s':>16}")
    fastest = {}
    for name, of in results.items():
        for way, (seconds, cpu) in sorted(best(of or []).items(), key=lambda x: x[1]):
            print(f"{name + ': ' + way:52}{seconds:9.3f}{cpu:8.2f}{rows / seconds / 1e6:16.2f}")
            if way == FLOOR:
                continue
            peer = name
            if name == "duckdb":
                peer = "duckdb, export to Arrow" if way == ARROW else "duckdb, its fastest query"
            known = fastest.get(peer, (float("inf"), float("inf")))
            fastest[peer] = min(known[0], seconds), min(known[1], cpu)
    for version in (d["version"] for of in results.values() for d in of or [] if "version" in d):
        print(version)
    # Other work on the machine stretches seconds more than it does CPU seconds.
    ours = fastest.pop("accounthealth")
    for peer, (seconds, cpu) in fastest.items():
        print(f"scan, times {peer}: {seconds / ours[0]:.2f} by seconds, {cpu / ours[1]:.2f} by CPU seconds")


if __name__ == "__main__":
    main()
