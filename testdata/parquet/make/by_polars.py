"""Files by Polars with its own writer (not pyarrow's)."""

import datetime

import polars as pl

import values as v
from model import Column

VERSION = "polars " + pl.__version__


def times(column, unit, zone=None):
    size = {"ms": 10**6, "us": 10**3, "ns": 1}[unit]
    s = pl.Series([None if x is None else x // size for x in column.values], dtype=pl.Int64)
    return s.cast(pl.Datetime(unit)).dt.replace_time_zone(zone) if zone == "UTC" else s.cast(pl.Datetime(unit))


def put(book, name, columns, **options):
    """columns: name to (Column, Series)."""
    pl.DataFrame({k: s for k, (_, s) in columns.items()}).write_parquet(book.path(name), **options)
    book.expect(name, {k: c for k, (c, _) in columns.items()})


def series(column, typ):
    return column, pl.Series(column.values, dtype=typ)


def write(book):
    names = {"i8": pl.Int8, "u8": pl.UInt8, "i16": pl.Int16, "u16": pl.UInt16, "i32": pl.Int32, "u32": pl.UInt32, "i64": pl.Int64, "u64": pl.UInt64}
    every = {k: series(c, names[k]) for k, c in v.integers().items()}
    every |= {k: series(c, pl.Decimal(p, s)) for k, (p, s, c) in v.decimals().items()}
    every["flag"] = series(v.FLAGS, pl.Boolean)
    every["bit"] = series(v.BITS, pl.Int8)
    every["ratio"] = series(v.FLOATS, pl.Float64)
    every["single"] = series(v.SINGLES, pl.Float32)
    every["date"] = series(Column("date", v.DATES), pl.Date)
    for unit, size in (("ms", 10**6), ("us", 10**3), ("ns", 1)):
        wall, utc = Column("naive", v.cut(v.WALL, size)), Column("instant", v.cut(v.INSTANTS, size))
        every["wall_" + unit] = (wall, times(wall, unit))
        every["utc_" + unit] = (utc, times(utc, unit, "UTC"))
    every["clock"] = (Column("other", [None] * 6, "TIME"), pl.Series([datetime.time(1)] * 6))
    every["nothing"] = (Column("null", [None] * 6), pl.Series([None] * 6, dtype=pl.Null))
    put(book, "types.parquet", every)
    texts = {k: series(c, pl.String) for k, c in v.texts().items()}
    texts["tier"] = series(Column("str", ["gold", None, "silver", "gold", "gold", "gold"]), pl.Categorical)
    put(book, "texts.parquet", texts)
    n = 1200
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"):
        rows = n if codec == "zstd" else 300
        long = {
            "account_id": series(v.long_words(rows), pl.String),
            "count": series(v.long_ints(rows), pl.Int64),
            "ratio": series(v.long_floats(rows), pl.Float64),
            "arr": series(v.long_money(rows), pl.Decimal(18, 2)),
            "live": series(v.long_flags(rows), pl.Boolean),
        }
        at = v.long_times(rows)
        long["at"] = (at, times(at, "us", "UTC"))
        put(book, f"codec_{codec}.parquet", long, compression=codec, row_group_size=500, data_page_size=2000)
    put(book, "no_rows.parquet", {"account_id": series(Column("str", []), pl.String), "seats": series(Column("int", []), pl.Int32)})
    account = [{"id": "0017", "rank": 3}, None, {"id": None, "rank": 0}, {"id": "8", "rank": None}]
    tags = [["a", "b"], None, [], [None]]
    pl.DataFrame({"account": account, "tags": tags}).write_parquet(book.path("nested.parquet"))
    book.expect("nested.parquet", {
        "account.id": Column("str", ["0017", None, None, "8"]),
        "account.rank": Column("int", [3, None, 0, None]),
        "tags": Column("list", tags),
    })
