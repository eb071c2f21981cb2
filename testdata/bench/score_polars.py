"""The default framework's scores of a wide file, as polars computes them.

The same rules as score.sql; see there. usage: score_polars.py INPUT OUTPUT AS_OF
"""

import datetime
import sys

import polars as pl


def query(path, as_of):
    c = pl.col
    young = (c("start_date") > pl.lit(as_of).dt.offset_by("-6mo")).fill_null(False)

    def steps(x, *rows):
        e = pl.when(False).then(None)
        for low, points in rows:
            e = e.when(low(x)).then(pl.lit(points, pl.Int32))
        return e

    def over(v):
        return lambda x: x > v

    def least(v):
        return lambda x: x >= v

    def word(name, points):
        return c(name).replace_strict(points, default=None, return_dtype=pl.Int32)

    csat, nps, pay = c("csat").round(9), c("nps"), c("payment")
    rung = {
        "a": steps(c("activity").round(9), (over(0.7), 30), (least(0.5), 20), (least(0.3), 10), (least(0), 0)),
        "f": steps(c("feature_adoption").round(9), (over(0.6), 20), (least(0.4), 10), (least(0), 0)),
        "d": steps(c("days_since_login"), (least(30), 0), (least(7), 20), (least(0), 40)),
        "u": word("usage_trend", {"up": 30, "stable": 15, "down": 0}),
        "c": pl.when(csat <= 5).then(steps(csat, (over(4.5), 30), (least(4), 20), (least(3.5), 10), (least(1), 0))),
        "e": word("escalations", {"none": 45, "resolved": 35, "open": 0}),
        "s": word("sentiment", {"positive": 25, "neutral": 25, "negative": 0}),
        "t": word("ticket_trend", {"down": 20, "stable": 10, "up": 0}),
        "p": steps(pay, (least(60), 0), (over(0), 30), (least(0), 50)),
        "g": word("growth", {"none": 0, "expansion_in_discussion": 20, "upgrade_completed": 30}),
        "r": pl.when(c("downgrade_risk")).then(pl.lit(0, pl.Int32)).when(~c("downgrade_risk")).then(pl.lit(30, pl.Int32)),
        "k": steps(c("contract_term"), (over(12), 30), (over(1), 10), (least(0), 0)),
        "o": word("sponsor", {"active": 30, "passive": 0, "gone": 0, "none": 0}),
        "h": word("champion", {"engaged": 55, "weak": 30, "none": 30, "left": 0}),
        "n": pl.when(nps <= 10).then(steps(nps, (least(9), 45), (least(7), 30), (least(0), 0))),
        "q": pl.when(~young).then(word("qbr", {"regular": 35, "sporadic": 15, "none": 0})),
    }

    def known(name, span):
        return pl.when(c(name).is_null()).then(0).otherwise(span)

    def absent(name, points):
        return pl.when(c(name).is_null()).then(points).otherwise(0)

    def total(*names):
        return sum((c(n).fill_null(0) for n in names[1:]), c(names[0]).fill_null(0))

    lf = pl.scan_parquet(path).select("account_id", pl.when(young).then(130).otherwise(165).alias("ro"), **rung)
    lf = lf.select(
        "account_id", "ro",
        pp=total("a", "f", "d", "u"), pl=known("a", 30) + known("f", 20) + known("d", 40), pm=known("u", 30), pz=absent("u", 15),
        sp=total("c", "e", "s", "t"), sl=known("c", 30) + known("e", 45), sm=known("s", 25) + known("t", 20), sz=absent("s", 25) + absent("t", 10),
        fp=total("p", "g", "r", "k"), fl=known("p", 50) + known("k", 30), fm=known("g", 30) + known("r", 30), fz=absent("r", 30),
        rp=total("o", "h", "n", "q"), rl=known("o", 30) + known("h", 55) + known("n", 45) + known("q", 35),
    )

    def score(points, span, level):
        return pl.when(c(level) > 0).then(100 * points.cast(pl.Float64) / span)

    base = (0.30, 0.20, 0.25, 0.25)

    def weighed(*parts):
        e = base[0] * parts[0]
        for w, x in zip(base[1:], parts[1:]):
            e = e + w * x
        return e

    ro = c("ro")
    lf = lf.select(
        "account_id",
        pillar_product=score(c("pp") + c("pz"), c("pl") + 30, "pl"), pillar_support=score(c("sp") + c("sz"), c("sl") + 45, "sl"),
        pillar_financial=score(c("fp") + c("fz"), c("fl") + 60, "fl"), pillar_relationship=score(c("rp"), c("rl"), "rl"),
        wp=0.30 * (c("pl") / 90), ws=0.20 * (c("sl") / 75), wf=0.25 * (c("fl") / 80), wr=0.25 * (c("rl") / ro),
        coverage=weighed((c("pl") + c("pm")) / 120, (c("sl") + c("sm")) / 120, (c("fl") + c("fm")) / 140, c("rl") / ro),
        gap=(c("pl") + c("pm") < 120) | (c("sl") + c("sm") < 120) | (c("fl") + c("fm") < 140) | (c("rl") < ro),
        worst=weighed(100 * c("pp") / 120, 100 * c("sp") / 120, 100 * c("fp") / 140, 100 * c("rp") / ro),
        best=weighed(
            100 * (c("pp") + 120 - c("pl") - c("pm")) / 120, 100 * (c("sp") + 120 - c("sl") - c("sm")) / 120,
            100 * (c("fp") + 140 - c("fl") - c("fm")) / 140, 100 * (c("rp") + ro - c("rl")) / ro,
        ),
    )
    w = c("wp") + c("ws") + c("wf") + c("wr")
    lf = lf.with_columns(w=pl.when(c("coverage") >= 0.5999999995).then(w))
    part = [(c(k) / c("w") * c("pillar_" + n)).fill_null(0) for k, n in
            (("wp", "product"), ("ws", "support"), ("wf", "financial"), ("wr", "relationship"))]
    lf = lf.with_columns(composite=pl.when(c("w") > 0).then(part[0] + part[1] + part[2] + part[3]))

    def tenths(x):  # half up, the last bits of the sum rounded away
        return (((x * 1e9).round() + 5e7) / 1e8).floor().cast(pl.Int32)

    lf = lf.with_columns(
        tenths=tenths(c("composite")),
        low=tenths(pl.when(c("gap")).then(pl.min_horizontal("composite", "worst")).otherwise(c("composite"))),
        high=tenths(pl.when(c("gap")).then(pl.max_horizontal("composite", "best")).otherwise(c("composite"))),
    )
    t = c("tenths")
    status = (
        pl.when(t.is_null()).then(pl.lit("Not scored")).when((t >= 800) & (c("coverage") >= 0.7499999995)).then(pl.lit("Healthy"))
        .when(t >= 600).then(pl.lit("Monitor")).when(t >= 400).then(pl.lit("At Risk")).otherwise(pl.lit("Critical"))
    )
    return lf.select(
        "account_id", "pillar_product", "pillar_support", "pillar_financial", "pillar_relationship", "composite",
        score=t / 10, headline=t // 10, status=status, coverage="coverage",
        score_low=pl.when(t.is_not_null()).then(c("low") / 10), score_high=pl.when(t.is_not_null()).then(c("high") / 10),
    )


if __name__ == "__main__":
    source, target, day = sys.argv[1:]
    query(source, datetime.date.fromisoformat(day)).sink_parquet(target, compression="snappy", maintain_order=True)
