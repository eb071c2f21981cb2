"""Files by pandas: its index, its nanoseconds, its floats for integers with gaps."""

import pandas as pd
import pyarrow as pa

import values as v
from model import Column

VERSION = f"pandas {pd.__version__} with pyarrow {pa.__version__}"


def put(book, name, frame, columns, **options):
    frame.to_parquet(book.path(name), engine="pyarrow", **options)
    book.expect(name, columns)


def write(book):
    ids = Column("str", ["00123", "7", "A-1", "9"])
    frame = pd.DataFrame({
        "account_id": ids.values,
        "seats": [3, None, 5, 2**40],  # becomes a float
        "seats_exact": pd.array([3, None, 5, 2**60 + 1], dtype="Int64"),
        "live": pd.array([True, None, False, True], dtype="boolean"),
        "live_object": [True, None, False, True],
        "start": pd.to_datetime(["2026-06-30", None, "2000-02-29", "1970-01-01"]),
        "seen": pd.to_datetime(["2026-06-30 23:30:15.123456789", None, "2026-03-29 01:00:00", "1969-12-31 23:59:59.999999999"], format="ISO8601").tz_localize("UTC"),
        "tier": pd.Categorical(["gold", None, "silver", "gold"]),
        "name": pd.array(["Ann", None, "", "Bo"], dtype="string"),
        "tags": [["a"], None, [], ["b", "c"]],
    })
    seen = [v.ns(2026, 6, 30, 23, 30, 15, 123456789), None, v.ns(2026, 3, 29, 1), v.ns(1969, 12, 31, 23, 59, 59, 999999999)]
    columns = {
        "account_id": ids,
        "seats": Column("float", [3.0, None, 5.0, float(2**40)]),
        "seats_exact": Column("int", [3, None, 5, 2**60 + 1]),
        "live": Column("bool", [True, None, False, True]),
        "live_object": Column("bool", [True, None, False, True]),
        "start": Column("naive", [v.ns(2026, 6, 30), None, v.ns(2000, 2, 29), 0]),
        "seen": Column("instant", seen),
        "tier": Column("str", ["gold", None, "silver", "gold"]),
        "name": Column("str", ["Ann", None, "", "Bo"]),
        "tags": Column("list", [["a"], None, [], ["b", "c"]]),
    }
    put(book, "plain.parquet", frame, columns)
    kept = frame[frame["account_id"] != "7"]  # a filter leaves an index with gaps
    some = {k: Column(c.kind, [x for i, x in enumerate(c.values) if i != 1]) for k, c in columns.items()}
    put(book, "index.parquet", kept, some | {"__index_level_0__": Column("int", [0, 2, 3])}, compression="gzip")
    put(book, "named_index.parquet", frame.set_index("account_id"), columns, compression="zstd")
    put(book, "int96.parquet", frame[["account_id", "seen"]].assign(start=frame["start"]), {
        "account_id": ids, "seen": Column("instant", seen), "start": Column("instant", columns["start"].values),
    }, use_deprecated_int96_timestamps=True)
