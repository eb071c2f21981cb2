"""Files by pyarrow: every physical form that its writer offers."""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

import values as v
from fixtures import Parts
from model import Column

VERSION = "pyarrow " + pa.__version__


def stamp(unit, zone=None):
    return pa.timestamp(unit, zone)


def times(ints, typ):
    unit = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[typ.unit]
    return pa.array([None if x is None else x // unit for x in ints], pa.int64()).cast(typ)


def array(column, typ):
    if column.kind in ("naive", "instant"):
        return times(column.values, typ)
    if column.kind == "uuid":
        return pa.array([None if x is None else x.bytes for x in column.values], pa.binary(16)).cast(pa.uuid())
    return pa.array(column.values, typ)


def write(book):
    integers(book)
    decimals(book)
    moments(book)
    texts(book)
    codecs(book)
    encodings(book)
    groups(book)
    nested(book)
    parts(book)


def put(book, name, columns, expected=None, encodings=None, **options):
    """columns: name to (Column, type)."""
    table = pa.table({k: array(c, t) for k, (c, t) in columns.items()})
    required = options.pop("required", ())
    table = table.cast(pa.schema([f.with_nullable(f.name not in required) for f in table.schema]))
    pq.write_table(table, book.path(name), **options)
    book.expect(name, expected or {k: c for k, (c, _) in columns.items()}, encodings)


def integers(book):
    columns = {k: (c, getattr(pa, ("int" if k[0] == "i" else "uint") + k[1:])()) for k, c in v.integers().items()}
    columns["key"] = (Column("int", range(6)), pa.int64())
    columns["half"] = (v.SINGLES, pa.float32())
    columns["ratio"] = (v.FLOATS, pa.float64())
    columns["flag"] = (v.FLAGS, pa.bool_())
    columns["bit"] = (v.BITS, pa.int8())
    columns["nothing"] = (Column("null", [None] * 6), pa.null())
    for version in ("1.0", "2.0"):
        name = f"integers_v{version[0]}.parquet"
        put(book, name, columns, data_page_version=version, required=("key",), write_page_checksum=True)
    put(book, "integers_format1.parquet", columns, version="1.0", use_dictionary=False, compression="none", required=("key",))


def decimals(book):
    columns = {k: (c, pa.decimal128(p, s)) for k, (p, s, c) in v.decimals().items()}
    put(book, "decimals_fixed.parquet", columns)
    columns["d76_38"] = (v.decimals()["d38_9"][2], pa.decimal256(76, 38))
    put(book, "decimals_integer.parquet", columns, store_decimal_as_integer=True, use_dictionary=False)


def moments(book):
    columns = {"date": (Column("date", v.DATES), pa.date32())}
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)):
        columns["wall_" + unit] = (Column("naive", v.cut(v.WALL, size)), stamp(unit))
        columns["utc_" + unit] = (Column("instant", v.cut(v.INSTANTS, size)), stamp(unit, "UTC"))
        columns["tokyo_" + unit] = (Column("instant", v.cut(v.INSTANTS, size)), stamp(unit, "Asia/Tokyo"))
    columns["clock"] = (Column("other", [0, 1, 2, 3, None, 5], "TIME"), pa.time64("us"))
    columns["half"] = (v.HALVES, pa.float16())
    columns["raw"] = (Column("other", [b"abc"] * 6, "FIXED_LEN_BYTE_ARRAY(3)"), pa.binary(3))
    put(book, "times.parquet", columns)
    put(book, "times_v2.parquet", columns, data_page_version="2.0", use_dictionary=False)
    # INT96 knows no zone: what was naive is read as UTC, as Spark writes it.
    naive = {k: (c, t) for k, (c, t) in columns.items() if k.startswith(("wall", "utc"))}
    expected = {k: Column("instant", c.values) for k, (c, _) in naive.items()}
    put(book, "times_int96.parquet", naive, expected, use_deprecated_int96_timestamps=True)


def texts(book):
    for name, typ in (("string", pa.string()), ("large_string", pa.large_string()), ("dictionary", pa.dictionary(pa.int32(), pa.string()))):
        put(book, f"texts_{name}.parquet", {k: (c, typ) for k, c in v.texts().items()})
    put(book, "texts_plain_v2.parquet", {k: (c, pa.string()) for k, c in v.texts().items()} | {"uuid": (v.UUIDS, None)}, use_dictionary=False, data_page_version="2.0")


def long(n):
    return {
        "account_id": (v.long_words(n), pa.string()),
        "count": (v.long_ints(n), pa.int64()),
        "ratio": (v.long_floats(n), pa.float64()),
        "arr": (v.long_money(n), pa.decimal128(18, 2)),
        "at": (v.long_times(n), stamp("us", "UTC")),
        "live": (v.long_flags(n), pa.bool_()),
    }


def codecs(book):
    for codec in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
        for version in ("1.0", "2.0"):
            put(book, f"codec_{codec}_v{version[0]}.parquet", long(300), compression=codec, data_page_version=version, data_page_size=1000, write_page_checksum=codec == "zstd")


def encodings(book):
    n = 1500
    words = v.long_words(n)
    for version in ("1.0", "2.0"):
        chosen = {
            "delta_words": ("DELTA_BYTE_ARRAY", words, pa.string()),
            "length_words": ("DELTA_LENGTH_BYTE_ARRAY", words, pa.string()),
            "plain_words": ("PLAIN", words, pa.string()),
            "delta_int": ("DELTA_BINARY_PACKED", v.long_ints(n), pa.int64()),
            "delta_small": ("DELTA_BINARY_PACKED", Column("int", [i % 1000 - 500 for i in range(n)]), pa.int32()),
            "split_int": ("BYTE_STREAM_SPLIT", v.long_ints(n), pa.int64()),
            "split_float": ("BYTE_STREAM_SPLIT", v.long_floats(n), pa.float64()),
            "split_single": ("BYTE_STREAM_SPLIT", v.long_floats(n), pa.float32()),
            "split_money": ("BYTE_STREAM_SPLIT", v.long_money(n), pa.decimal128(18, 2)),
            "delta_time": ("DELTA_BINARY_PACKED", v.long_times(n), stamp("us", "UTC")),
            "rle_flag": ("RLE", v.long_flags(n), pa.bool_()),
            "run_flag": ("RLE", v.flags_in_runs(n), pa.bool_()),
        }
        put(
            book,
            f"encodings_v{version[0]}.parquet",
            {k: (c, t) for k, (_, c, t) in chosen.items()},
            encodings={k: [e] for k, (e, _, _) in chosen.items()},
            use_dictionary=False,
            column_encoding={k: e for k, (e, _, _) in chosen.items()},
            data_page_version=version,
            data_page_size=4000,
            compression="zstd",
        )
    # A dictionary that overflows inside the chunk: pages of both kinds.
    for version in ("1.0", "2.0"):
        columns = {k: c for k, c in long(6000).items() if k in ("account_id", "count", "at")}
        put(
            book,
            f"fallback_v{version[0]}.parquet",
            columns,
            encodings={k: ["RLE_DICTIONARY", "PLAIN"] for k in columns},
            dictionary_pagesize_limit=2000,
            data_page_size=2000,
            write_batch_size=128,
            data_page_version=version,
            compression="zstd",
        )


def groups(book):
    columns = {k: (Column("int", []), pa.int64()) for k in ("account_id", "seats")}
    put(book, "no_rows.parquet", columns)
    # Row groups without rows between others.
    schema = pa.schema([("account_id", pa.string()), ("seats", pa.int32())])
    values = {"account_id": [], "seats": []}
    with pq.ParquetWriter(book.path("empty_groups.parquet"), schema) as w:
        for n in (0, 3, 0, 0, 2, 0):
            part = {"account_id": [f"{n}-{i}" for i in range(n)], "seats": list(range(n))}
            w.write_table(pa.table(part, schema=schema))
            for k in values:
                values[k] += part[k]
    book.expect("empty_groups.parquet", {"account_id": Column("str", values["account_id"]), "seats": Column("int", values["seats"])})


def nested(book):
    rows = {
        "account": [{"id": "0017", "plan": {"tier": "gold", "seats": 3}}, None, {"id": None, "plan": None}, {"id": "8", "plan": {"tier": None, "seats": 0}}],
        "products": [["a", "b"], None, [], [None]],
        "large": [[1], [2, 3], None, []],
        "pairs": [[(1, "x")], [], None, [(2, "y"), (3, None)]],
        "terms": [[{"start": 1, "months": [1, 2]}, {"start": 2, "months": []}], [], None, [None]],
        "matrix": [[[1, 2], [3]], [[]], None, []],
        "arr": [1.0, 2.0, None, 3.0],
    }
    tags = [["t"], None, [], ["u", "v", None]]
    rows["extra"] = [{"tags": t} for t in tags]
    rows["extra"][1] = None
    schema = pa.schema([
        ("account", pa.struct([("id", pa.string()), ("plan", pa.struct([("tier", pa.string()), ("seats", pa.int32())]))])),
        ("products", pa.list_(pa.string())),
        ("large", pa.large_list(pa.int64())),
        ("pairs", pa.map_(pa.int32(), pa.string())),
        ("terms", pa.list_(pa.struct([("start", pa.int32()), ("months", pa.list_(pa.int32()))]))),
        ("matrix", pa.list_(pa.list_(pa.int32()))),
        ("arr", pa.float64()),
        ("extra", pa.struct([("tags", pa.list_(pa.string()))])),
    ])
    expected = {
        "account.id": Column("str", ["0017", None, None, "8"]),
        "account.plan.tier": Column("str", ["gold", None, None, None]),
        "account.plan.seats": Column("int", [3, None, None, 0]),
        "arr": Column("float", rows["arr"]),
        "extra.tags": Column("list", tags),
    } | {k: Column("list", rows[k]) for k in ("products", "large", "pairs", "terms", "matrix")}
    for version in ("1.0", "2.0"):
        name = f"nested_v{version[0]}.parquet"
        pq.write_table(pa.table(rows, schema=schema), book.path(name), data_page_version=version)
        book.expect(name, expected)
    n = 900
    lists = [None if i % 31 == 4 else [str(j) for j in range(i * 7 % 12)] for i in range(n)]
    table = pa.table({"tags": pa.array(lists, pa.list_(pa.string())), "key": list(range(n))})
    pq.write_table(table, book.path("long_lists.parquet"), data_page_size=500, row_group_size=400)
    book.expect("long_lists.parquet", {"tags": Column("list", lists), "key": Column("int", range(n))})


def parts(book):
    """One source whose part files differ in order, presence, case and type."""
    ids = [Column("int", [1, 2]), Column("decimal", [3, None]), Column("str", ["0005", "6"]), Column("int", [7, 8])]
    arrs = [Column("decimal", [10, 20]), Column("float", [1.125, None]), Column("str", ["3.50", "x"]), Column("int", [5, 6])]
    starts = [Column("date", v.DATES[:2]), Column("naive", v.WALL[:2]), Column("str", ["2026-06-30", ""]), Column("instant", v.cut(v.INSTANTS[:2], 10**6))]
    lives = [Column("bool", [True, None]), Column("int", [1, 0]), Column("str", ["Y", "n"]), Column("null", [None, None])]
    types = [
        (pa.int32(), pa.decimal128(9, 2), pa.date32(), pa.bool_()),
        (pa.decimal128(38, 0), pa.float64(), stamp("us"), pa.int8()),
        (pa.string(), pa.string(), pa.string(), pa.string()),
        (pa.uint64(), pa.int16(), stamp("ms", "UTC"), pa.null()),
    ]
    owners = [Column("null", [None] * 2), Column("str", ["Ann", "Bo"]), Column("null", [None] * 2), Column("null", [None] * 2)]
    for i, t in enumerate(types):
        columns = {"ACCOUNT_ID": array(ids[i], t[0]), "ARR": array(arrs[i], t[1]), "START": array(starts[i], t[2]), "LIVE": array(lives[i], t[3])}
        if i == 1:
            columns["OWNER"] = pa.array(owners[i].values)
        if i % 2:
            columns = dict(reversed(columns.items()))
        if i == 2:
            columns = {k.lower(): x for k, x in columns.items()}
        pq.write_table(pa.table(columns), book.path(f"parts/part-{i:05}.snappy.parquet"))
    pq.write_table(pa.table({"unrelated": pa.array([], pa.int8())}), book.path("parts/part-00009.snappy.parquet"))
    pathlib.Path(book.path("parts/_SUCCESS")).touch()
    book.expect("parts", {"account_id": Parts(*ids), "arr": Parts(*arrs), "start": Parts(*starts), "live": Parts(*lives), "owner": Parts(*owners)})
    table = pa.table({"account_id": ["1", "2", "3"], "dt": ["2026-05-31", "2026-06-30", "2026-06-30"]})
    pq.write_to_dataset(table, book.path("hive"), partition_cols=["dt"], basename_template="part-{i}.parquet")
    book.expect("hive", {"account_id": Column("str", ["1", "2", "3"]), "dt": Column("str", ["2026-05-31", "2026-06-30", "2026-06-30"])})
