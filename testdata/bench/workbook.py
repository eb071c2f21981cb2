"""Write workbooks with accounthealth, XlsxWriter and rust_xlsxwriter, and compare.

The portfolio workbook of a sample run is written at two sizes, and the Accounts
sheet alone at a third; the peers write the same cells with the same formats, text
in the cells, memory held constant. What was written is read back and compared,
every cell and number format, before a time counts (of the Accounts sheet at its
full size: the number of rows and the last ones). Loading what is written is not
timed. Peak memory is of the whole process, with and without what was loaded.
rust_xlsxwriter is left out where there is no cargo. Needs Python with xlsxwriter.

usage: workbook.py COMMAND BENCH [--accounts N] [--sizes N,N] [--rows N] [--folder DIR] [--level N]
COMMAND is accounthealth; BENCH the program in workbook/.
"""

import argparse
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from xlsx_cells import Book

HERE = pathlib.Path(__file__).parent
GROWS = ("Accounts", "At risk")


def run(command):
    p = subprocess.Popen([str(c) for c in command], env={**os.environ, "GOMAXPROCS": "2"}, stdout=subprocess.PIPE)
    out = p.stdout.read()
    _, status, used = os.wait4(p.pid, 0)
    if status:
        sys.exit(f"failed: {command}")
    return json.loads(out) | {"process_cpu": used.ru_utime + used.ru_stime}


def equal(x, y):
    """XlsxWriter writes 16 digits of a number, one too few for some."""
    if not isinstance(x, float) and not isinstance(y, float):
        return (x or "") == (y or "")
    if isinstance(x, float) and isinstance(y, float):
        return abs(x - y) <= 1e-15 * abs(x)
    return False


def same(ours, theirs, only):
    """Compares every cell of two workbooks and returns how many there are. A formula's
    result that is an empty text cannot be told to rust_xlsxwriter, and which rows of
    a sheet that grows carry links depends on where they stand."""
    a, b = Book(ours), Book(theirs)
    parts, n = dict(b.sheets), 0
    for name, part in a.sheets:
        if only and name not in ("Accounts",):
            continue
        for x, y in itertools.zip_longest(a.cells(part), b.cells(parts[name])):
            linked = name in GROWS and x and y and x[:2] == y[:2] and (x[4] or y[4])
            if linked and x[4] != y[4]:
                continue
            if x is None or y is None or x[:2] != y[:2] or x[4] != y[4] or not (equal(x[3], y[3]) or x[4] and x[3] == "") or a.formats[x[2]]["number"] != b.formats[y[2]]["number"]:
                sys.exit(f"{theirs} differs on {name}: {x} is {y}")
            n += 1
    return n


def main():
    p = argparse.ArgumentParser()
    p.add_argument("command")
    p.add_argument("bench")
    p.add_argument("--accounts", type=int, default=12000, help="accounts of the sample run, of which five in six pay")
    p.add_argument("--sizes", default="10000,100000", help="accounts of the portfolio workbooks")
    p.add_argument("--rows", type=int, default=1000000, help="rows of the Accounts sheet; 0 leaves it out")
    p.add_argument("--folder", help="keep the sample and the files here")
    p.add_argument("--level", type=int, default=5, help="deflate level of rust_xlsxwriter; accounthealth's is 5")
    o = p.parse_args()
    folder = pathlib.Path(o.folder or tempfile.mkdtemp())
    try:
        bench(o, folder)
    finally:
        if not o.folder:
            shutil.rmtree(folder)


def bench(o, folder):
    sample = folder / f"sample-{o.accounts}"
    if not sample.exists():
        run_quiet([o.command, "sample", "--out", sample, "--accounts", o.accounts, "--months", 15, "--seed", 1])
        run_quiet([o.command, "run", "-q", "-c", sample / "health.yaml"])
    published = next((sample / "out").glob("*-*-*"))
    cells = folder / "cells.json"
    run_quiet([sys.executable, HERE / "xlsx_cells.py", published / "portfolio.xlsx", cells])
    peers = {"XlsxWriter": lambda out, n, only: [sys.executable, HERE / "xlsxwriter_peer.py", cells, out, n, int(only)]}
    if shutil.which("cargo"):
        target = folder / "rust"
        run_quiet(["cargo", "build", "--release", "--quiet", "--manifest-path", HERE / "rust_xlsxwriter" / "Cargo.toml", "--target-dir", target])
        peers["rust_xlsxwriter"] = lambda out, n, only: [target / "release" / "peer", cells, out, n, int(only), o.level]
    else:
        print("no cargo: rust_xlsxwriter is not measured")
    base = run([o.bench, "-run", published, "-out", folder / "ours.xlsx", "-accounts-only"])["rows"]
    tasks = [("portfolio", max(1, round(int(n) / base)), False) for n in o.sizes.split(",") if n]
    if o.rows:
        tasks.append(("Accounts sheet", max(1, min(round(o.rows / base), 1048575 // base)), True))
    for what, copies, only in tasks:
        out = {"accounthealth": folder / "ours.xlsx", **{k: folder / f"{k}.xlsx" for k in peers}}
        command = [o.bench, "-run", published, "-copies", copies, "-out", out["accounthealth"]] + (["-accounts-only"] if only else [])
        best = {"accounthealth": run(command)}
        for name, peer in peers.items():
            best[name] = run(peer(out[name], copies, only))
        compared = 0
        if copies <= 10:
            for name in peers:
                compared = same(out["accounthealth"], out[name], only)
        rows = copies * base
        print(f"\n{what}, {rows:,} accounts" + (f": {compared:,} cells equal" if compared else ": cells not compared at this size"))
        print(f"  {'':16} {'rows/s':>10} {'seconds':>8} {'times':>6} {'CPU s':>7} {'peak MiB':>9} {'grown MiB':>10} {'file MB':>8}")
        for name, r in best.items():
            print(
                f"  {name:16} {rows / r['seconds']:10,.0f} {r['seconds']:8.2f} {r['seconds'] / best['accounthealth']['seconds']:6.2f} {r['process_cpu']:7.2f}"
                f" {r['peak_mib']:9,.0f} {r['peak_mib'] - r['loaded_mib']:10,.0f} {out[name].stat().st_size / 1e6:8.1f}  {r.get('version', '')}"
            )


def run_quiet(command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)


main()
