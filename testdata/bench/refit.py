"""Account-bootstrap refits beside the unconstrained logistic refits of scikit-learn and
statsmodels, on the rows and the resamples that
`go test -tags bench ./calibrate -run RefitBench -refit-out FOLDER` wrote.

Usage: refit.py FOLDER [REFITS] [PEERS]

A peer refits the very resamples of the Go side, its first REFITS (20) replicates, as weights of
the rows that were drawn (rows drawn 0 times are dropped), starting from the full-sample fit where
it can, on two threads. Every solver is tried on two of them; those within 1.3 times of the fastest
then do all REFITS, and the figure is scaled to one refit. There are two fastest: of all
solvers, and of the accurate ones, whose coefficients of the full sample are right to a thousandth; the
largest error on a resample is printed. The Go figure is of all its replicates, each of which also holds the bounded fit,
the clustered covariance and the shrinkage, and of what it prepares for them once.
"""
import json
import os
import sys
import time
import warnings

THREADS = 2
for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"]:
    os.environ[name] = str(THREADS)  # before numpy is loaded

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
import statsmodels
import statsmodels.api as sm
from threadpoolctl import threadpool_info

warnings.simplefilter("ignore")
folder, refits = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
only = sys.argv[3].split(",") if len(sys.argv) > 3 else None  # part of a name, to look at some peers
own = json.load(open(f"{folder}/refit.json"))
raw = np.column_stack([np.fromfile(f"{folder}/refit.x_{p}.bin") for p in "abcd"])
y = np.fromfile(f"{folder}/refit.y.bin")
account = np.fromfile(f"{folder}/refit.account.bin", dtype=np.int32)
sd = raw.std(0)
x = np.ascontiguousarray((raw - raw.mean(0)) / sd)
multiplicities = np.fromfile(f"{folder}/refit.multiplicities.bin", dtype=np.int32).reshape(-1, account.max() + 1)
full = -np.array(own["coefficients"])
reference = -np.array(own["resample_coefficients"])
refits = min(refits, len(multiplicities))
everything = np.ones(len(y))


def resample(r):
    w = multiplicities[r][account].astype(float)
    keep = w > 0
    return x[keep], y[keep], w[keep]


def make(solver, tol=1e-4):
    c = 1e12 if solver == "liblinear" else np.inf
    m = LogisticRegression(C=c, solver=solver, max_iter=500, tol=tol, warm_start=solver != "liblinear")
    return lambda x, y, w: m.fit(x, y, sample_weight=w).coef_[0]


def newton():
    start = {}

    def fit(x, y, w):
        d = np.column_stack([np.ones(len(y)), x])
        r = sm.GLM(y, d, family=sm.families.Binomial(), freq_weights=w).fit(start_params=start.get("b"))
        start.setdefault("b", r.params)
        return r.params[1:]
    return fit


def logit():
    start = {}

    def fit(x, y, w):  # no weights: the rows are repeated
        i = np.repeat(np.arange(len(y)), w.astype(int))
        d = np.column_stack([np.ones(len(i)), x[i]])
        r = sm.Logit(y[i], d).fit(disp=0, start_params=start.get("b"))
        start.setdefault("b", r.params)
        return r.params[1:]
    return fit


def off(got, want):
    return float(np.max(np.abs(got / sd - want) / np.abs(want)))


def seconds(fit, times):
    """Wall and CPU seconds a refit, CPU of every thread, and the largest relative error of a coefficient."""
    wall = cpu = worst = 0
    for r in range(times):
        sample = resample(r)
        begun, used = time.perf_counter(), time.process_time()
        got = fit(*sample)
        wall, cpu = wall + time.perf_counter() - begun, cpu + time.process_time() - used
        worst = max(worst, off(got, reference[r]))
    return wall / times, cpu / times, worst


peers = {f"scikit-learn {s}": make(s) for s in ["lbfgs", "newton-cholesky", "newton-cg", "liblinear", "sag", "saga"]}
peers |= {f"scikit-learn {s}, tol {t:g}": make(s, t) for s, t in [("lbfgs", 1e-5), ("lbfgs", 1e-6), ("newton-cg", 1e-6)]}
peers |= {"statsmodels GLM": newton(), "statsmodels Logit": logit()}
peers = {n: f for n, f in peers.items() if only is None or any(o in n for o in only)}
pools = sorted({f"{p['user_api']} {p['num_threads']}" for p in threadpool_info()})
print(f"scikit-learn {sklearn.__version__}, statsmodels {statsmodels.__version__}; threads: {', '.join(pools)}")
tried = {}
for name, fit in peers.items():
    try:
        there = off(fit(x, y, everything), full)  # warms up, and is where a warm start begins
        wall, cpu, worst = seconds(fit, 2)
        tried[name] = (wall, there)
        print(f"{name:30s} {1000 * wall:9.1f} ms a refit, {1000 * cpu:9.1f} ms of CPU (2 tried), coefficients off by {there:.1e}, of resamples {worst:.1e}", flush=True)
    except Exception as e:  # a solver that cannot do it is no peer
        print(f"{name:30s} cannot: {e}")

print("\nown, on the same rows; converged, bounded, clustered, shrunk:")
runs = own["runs"]
for r in runs:
    n = r["replicates"]
    print(f"{r['rows']:9d} rows, {r['accounts']} accounts, {n:5d} refits on {r['workers']} workers: {1000 * r['seconds'] / n:6.2f} ms a refit, "
          f"{1000 * r['cpu_seconds'] / n:6.2f} ms of CPU, {1e9 * r['cpu_seconds'] / n / r['rows']:5.2f} ns of CPU a row; {r['allocations']} allocations in all, "
          f"{r['allocated_bytes'] / 2**20:.0f} MiB; {r['by_rows']} refits row by row")
mine = runs[-1]
quarter, few = runs[0], runs[2]
a_row = [r["cpu_seconds"] / r["replicates"] / r["rows"] for r in (quarter, mine)]
print(f"linear in rows: a row of {mine['rows']} takes {a_row[1] / a_row[0]:.2f} times the CPU of one of {quarter['rows']}")
print(f"flat in replicates: {mine['replicates']} refits allocate {mine['allocations'] - few['allocations']:+d} times and {(mine['allocated_bytes'] - few['allocated_bytes']) / 2**20:+.1f} MiB beside {few['replicates']}")

wall, cpu = mine["seconds"] / mine["replicates"], mine["cpu_seconds"] / mine["replicates"]
measured = {}
for title, names in {"the fastest accurate": [n for n, (_, o) in tried.items() if o < 1e-3], "the fastest of all": list(tried)}.items():
    if not names:
        print(f"{title}: none")
        continue
    least = min(tried[n][0] for n in names)
    for n in names:
        if tried[n][0] <= 1.3 * least and n not in measured:
            measured[n] = seconds(peers[n], refits)
    best = min((n for n in names if n in measured), key=lambda n: measured[n][0])
    peer, peer_cpu, worst = measured[best]
    print(f"{title}, {best}: {1000 * peer:.1f} ms a refit, {1000 * peer_cpu:.1f} ms of CPU, mean of {refits}, unconstrained coefficients only, off by up to {worst:.1e}: "
          f"own is {peer / wall:.1f} times faster, {peer_cpu / cpu:.1f} times less CPU; {mine['replicates']} refits take {mine['seconds']:.1f} s, the peer {mine['replicates'] * peer:.0f} s (scaled)")
