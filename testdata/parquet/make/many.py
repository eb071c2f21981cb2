"""Many random files by pyarrow, DuckDB and Polars, and what pyarrow reads in them.

    python many.py DIR SEED [FILES]
    go test ./internal/warehouse -run ApacheCorpus -parquet-testing DIR

Types, nulls, repeats, codecs, page versions and sizes, dictionaries and their
overflow, row groups, statistics and checksums are drawn by the seed. DIR gets data/
and a corpus.json as that of corpus.py. What a writer refuses, or pyarrow cannot read, is left out.
"""

import decimal
import json
import pathlib
import random
import sys

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from corpus import describe

TYPES = ("i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 decimal decimal bool text text large dictionary date millis at at utc utc bytes list").split()


def draw(r, kind):
    """A function that draws one value, and the Arrow type."""
    if kind[1:].isdigit() and kind[0] in "iu":
        bits, signed = int(kind[1:]), kind[0] == "i"
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        return lambda: r.choice([low, high, 0, 1, r.randint(low, high)]), getattr(pa, ("int" if signed else "uint") + kind[1:])()
    if kind[0] == "f" and kind[1:].isdigit():
        number, typ = {"f16": (np.float16, pa.float16()), "f32": (np.float32, pa.float32()), "f64": (np.float64, pa.float64())}[kind]
        return lambda: number(r.choice([0.0, -0.0, 1.5, r.gauss(0, 100), float("nan"), r.random() * 1e-6, float("inf")])), typ
    if kind == "decimal":
        digits = r.choice([1, 4, 9, 10, 18, 19, 28, 38])
        scale, wide = r.randint(0, digits), decimal.Context(prec=60)
        return lambda: decimal.Decimal(r.randint(1 - 10**digits, 10**digits - 1)).scaleb(-scale, wide), pa.decimal128(digits, scale)
    if kind in ("at", "utc"):
        unit = r.choice(["s", "ms", "us", "ns"])
        size = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
        return lambda: r.randint(-5 * 10**8 * size, 4 * 10**9 * size), pa.timestamp(unit, "UTC" if kind == "utc" else None)
    text = lambda: r.choice(["", "A", "00123", "é" * r.randint(0, 5), "x" * r.randint(0, 300), str(r.randint(0, 10**9))])
    return {
        "bool": (lambda: r.random() < 0.5, pa.bool_()),
        "text": (text, pa.string()),
        "large": (text, pa.large_string()),
        "dictionary": (text, pa.string()),
        "date": (lambda: r.randint(-100_000, 100_000), pa.date32()),
        "millis": (lambda: r.randint(-1000, 30_000) * 86_400_000, pa.date64()),
        "bytes": (lambda: r.choice([b"ab", b"\xff\xfe", b""]), pa.binary()),
        "list": (lambda: [r.randint(0, 5) for _ in range(r.randint(0, 4))], pa.list_(pa.int32())),
    }[kind]


def column(r, rows):
    kind = r.choice(TYPES)
    one, typ = draw(r, kind)
    pool = [one() for _ in range(r.choice([1, 3, 50, rows + 1]))]
    nulls = r.choice([0, 0, 0.1, 0.9, 1])
    values = [None if r.random() < nulls else r.choice(pool) for _ in range(rows)]
    if pa.types.is_date(typ) or pa.types.is_timestamp(typ):
        return pa.array(values, pa.int32() if pa.types.is_date32(typ) else pa.int64()).cast(typ)
    made = pa.array(values, typ)
    return made.dictionary_encode() if kind == "dictionary" else made


def encodings(r, schema):
    """An encoding a column, as its physical type allows."""
    out = {}
    for f in schema:
        t, of = f.type, ["PLAIN"]
        if pa.types.is_boolean(t):
            of += ["RLE"]
        elif pa.types.is_integer(t) or pa.types.is_date(t) or pa.types.is_timestamp(t):
            of += ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"]
        elif pa.types.is_floating(t):
            of += ["BYTE_STREAM_SPLIT"]
        elif pa.types.is_decimal(t):
            of += ["BYTE_STREAM_SPLIT", "DELTA_BYTE_ARRAY"]
        elif pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_binary(t):
            of += ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"]
        if not pa.types.is_nested(t):
            out[f.name] = r.choice(of)
    return out


def by_pyarrow(r, table, path):
    form = {"use_dictionary": r.random() < 0.6, "use_deprecated_int96_timestamps": r.random() < 0.1, "store_decimal_as_integer": r.random() < 0.3}
    if r.random() < 0.4 and not any(pa.types.is_dictionary(f.type) for f in table.schema):
        form = {"use_dictionary": False, "column_encoding": encodings(r, table.schema)}
    pq.write_table(
        table, path, version=r.choice(["1.0", "2.4", "2.6"]), data_page_version=r.choice(["1.0", "2.0"]),
        compression=r.choice(["none", "snappy", "gzip", "zstd", "brotli", "lz4"]), **form,
        row_group_size=r.choice([1, 13, 500, 10_000]), data_page_size=r.choice([64, 1000, 2**20]),
        dictionary_pagesize_limit=r.choice([50, 1000, 2**20]), write_batch_size=r.choice([1, 7, 1024]),
        write_statistics=r.random() < 0.5, store_schema=r.random() < 0.5, write_page_index=r.random() < 0.3,
        write_page_checksum=r.random() < 0.3, use_compliant_nested_type=r.random() < 0.5,
    )  # fmt: skip


def by_duckdb(r, table, path):
    options = {
        "PARQUET_VERSION": r.choice(["v1", "v2"]), "ROW_GROUP_SIZE": r.choice([2048, 100_000]),
        "COMPRESSION": r.choice(["snappy", "zstd", "gzip", "lz4_raw", "brotli", "uncompressed"]),
        "STRING_DICTIONARY_PAGE_SIZE_LIMIT": r.choice([100, 1_000_000]),
    }  # fmt: skip
    db = duckdb.connect()
    db.register("made", table)
    db.execute(f"COPY made TO '{path}' (FORMAT parquet, {', '.join(f'{k} {v}' for k, v in options.items())})")


def by_polars(r, table, path):
    pl.from_arrow(table).write_parquet(
        path, compression=r.choice(["zstd", "snappy", "gzip", "brotli", "lz4", "uncompressed"]),
        data_page_size=r.choice([100, 1_000_000]), row_group_size=r.choice([10, 1000]), statistics=r.random() < 0.5,
    )  # fmt: skip


def main():
    root, r = pathlib.Path(sys.argv[1]), random.Random(int(sys.argv[2]))
    for folder in ("data", "bad_data"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    files = {}
    for i in range(int(sys.argv[3]) if len(sys.argv) > 3 else 150):
        rows = r.choice([0, 1, 2, 7, 100, 1000, 5000])
        table = pa.table({f"c{k}": column(r, rows) for k in range(r.randint(1, 6))})
        path = root / "data" / f"{i:04}.parquet"
        writer = r.choice([by_pyarrow, by_pyarrow, by_duckdb, by_polars])
        try:
            writer(r, table, path)
            files[path.name] = describe(path)
        except (pa.ArrowException, OSError, duckdb.Error, pl.exceptions.PolarsError) as e:
            path.unlink(missing_ok=True)
            print(f"{path.name}: {writer.__name__}: {e}", file=sys.stderr)
    (root / "corpus.json").write_text(json.dumps({"data": files, "bad_data": {}}))
    print(len(files), "files")


main()
