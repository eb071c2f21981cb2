"""The fastest unconstrained logistic refit of scikit-learn and statsmodels on the
rows that `go test -tags bench ./calibrate -run RefitBench` wrote, beside its own.

Usage: refit.py FOLDER [REFITS] [PEERS]

Every peer refits the same account resamples as weights of the rows that were drawn
(rows drawn 0 times are dropped), starting from the full-sample fit where it can, on
as many threads as it takes. All solvers of scikit-learn are tried on a few refits;
the fastest whose full-sample coefficients are right to a thousandth then does REFITS (20), and
the figure is scaled to one refit. The Go figure is of its own replicates, and each
also holds the bounded fit, the clustered covariance and the shrinkage.
"""
import json
import sys
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
import statsmodels.api as sm

warnings.simplefilter("ignore")
folder, refits = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
only = sys.argv[3].split(",") if len(sys.argv) > 3 else None  # part of a name, to look at some peers
own = json.load(open(f"{folder}/refit.json"))
x = np.column_stack([np.fromfile(f"{folder}/refit.x_{p}.bin") for p in "abcd"])
y = np.fromfile(f"{folder}/refit.y.bin")
account = np.fromfile(f"{folder}/refit.account.bin", dtype=np.int32)
x = np.ascontiguousarray((x - x.mean(0)) / x.std(0))
full = -np.array(own["coefficients"])
rng = np.random.default_rng(1)
n = int(account.max()) + 1


def resample():
    w = np.bincount(rng.integers(0, n, n), minlength=n)[account].astype(float)
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
        start["b"] = r.params
        return r.params[1:]
    return fit


def logit():
    start = {}

    def fit(x, y, w):  # no weights: the rows are repeated
        i = np.repeat(np.arange(len(y)), w.astype(int))
        d = np.column_stack([np.ones(len(i)), x[i]])
        r = sm.Logit(y[i], d).fit(disp=0, start_params=start.get("b"))
        start["b"] = r.params
        return r.params[1:]
    return fit


def seconds(fit, times):
    """Wall and CPU seconds a refit; CPU counts every thread."""
    fit(x, y, np.ones(len(y)))  # the full sample: warms up, and is where a warm start begins
    samples = [resample() for _ in range(times)]
    begun, cpu = time.perf_counter(), time.process_time()
    for s in samples:
        fit(*s)
    return (time.perf_counter() - begun) / times, (time.process_time() - cpu) / times


sd = np.column_stack([np.fromfile(f"{folder}/refit.x_{p}.bin") for p in "abcd"]).std(0)
peers = {f"scikit-learn {s}": make(s) for s in ["lbfgs", "newton-cholesky", "newton-cg", "liblinear", "sag", "saga"]}
peers |= {f"scikit-learn {s}, tol {t:g}": make(s, t) for s, t in [("lbfgs", 1e-5), ("lbfgs", 1e-6), ("newton-cg", 1e-6)]}
peers |= {"statsmodels GLM": newton(), "statsmodels Logit": logit()}
peers = {n: f for n, f in peers.items() if only is None or any(o in n for o in only)}
tried = {}
for name, fit in peers.items():
    try:
        got = fit(x, y, np.ones(len(y))) / sd
        off = float(np.max(np.abs(got - full) / np.abs(full)))
        wall, cpu = seconds(fit, 2)
        tried[name] = (wall, off)
        print(f"{name:30s} {1000 * wall:9.1f} ms a refit, {1000 * cpu:9.1f} ms of CPU (2 tried), coefficients off by {off:.1e}", flush=True)
    except Exception as e:  # a solver that cannot do it is no peer
        print(f"{name:30s} cannot: {e}")
best = min((s, n) for n, (s, off) in tried.items() if off < 1e-3)[1]
peer, peer_cpu = seconds(peers[best], refits)
mine = own["seconds_per_refit"]
print(f"\n{own['rows']} rows, {own['accounts']} accounts, {own['pillars']} pillars")
print(f"own: {1000 * mine:.2f} ms a refit, mean of {own['replicates']} on {own['workers']} workers, {own['allocations_per_refit']:.1f} allocations each; converged, bounded, clustered, shrunk")
print(f"peer: {best}: {1000 * peer:.1f} ms a refit, mean of {refits}, on all cores; unconstrained coefficients only")
print(f"{peer / mine:.1f} times faster a refit, {peer_cpu / own['cpu_seconds_per_refit']:.1f} times less CPU ({1000 * own['cpu_seconds_per_refit']:.1f} against {1000 * peer_cpu:.1f} ms); {own['replicates']} refits take the peer {own['replicates'] * peer:.0f} s (scaled)")
