"""Files by DuckDB: its own types, both page versions, its encodings and codecs."""

import duckdb

import values as v
from model import Column

VERSION = "duckdb " + duckdb.__version__


def literal(kind, x):
    if x is None:
        return "NULL"
    if kind in ("naive", "instant"):
        return str(x // 1000)
    if kind in ("date", "uuid", "str"):
        return "'" + str(x).replace("'", "''") + "'"
    if kind == "float":
        return f"'{x!r}'"
    return str(x).lower() if kind == "bool" else str(x)


def cast(column, typ):
    """The expression that makes a value of the type from its literal."""
    if column.kind == "instant":
        return f"make_timestamptz(%s)::{typ}"
    if column.kind == "naive":
        return f"make_timestamp(%s)::{typ}"
    return f"(%s)::{typ}"


def put(book, db, name, columns, options, expected=None, required=()):
    rows = len(next(iter(columns.values()))[0].values)
    db.execute("CREATE OR REPLACE TABLE t (" + ", ".join(f'"{k}" {t}' + (" NOT NULL" if k in required else "") for k, (c, t) in columns.items()) + ")")
    for start in range(0, rows, 500):
        lines = []
        for i in range(start, min(start + 500, rows)):
            cells = []
            for c, t in columns.values():
                s = literal(c.kind, c.values[i])
                cells.append(s if s == "NULL" else cast(c, t) % s)
            lines.append("(" + ", ".join(cells) + ")")
        db.execute("INSERT INTO t VALUES " + ", ".join(lines))
    db.execute(f"COPY t TO '{book.path(name)}' (FORMAT parquet, {options})")
    book.expect(name, expected or {k: c for k, (c, _) in columns.items()})


def write(book):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    names = {"i8": "TINYINT", "u8": "UTINYINT", "i16": "SMALLINT", "u16": "USMALLINT", "i32": "INTEGER", "u32": "UINTEGER", "i64": "BIGINT", "u64": "UBIGINT"}
    every = {k: (c, names[k]) for k, c in v.integers().items()}
    every |= {k: (c, f"DECIMAL({p},{s})") for k, (p, s, c) in v.decimals().items()}
    every |= {
        "key": (Column("int", range(6)), "BIGINT"),
        "flag": (v.FLAGS, "BOOLEAN"),
        "bit": (v.BITS, "TINYINT"),
        "ratio": (v.FLOATS, "DOUBLE"),
        "single": (v.SINGLES, "FLOAT"),
        "uuid": (v.UUIDS, "UUID"),
        "date": (Column("date", v.DATES), "DATE"),
        "wall_s": (Column("naive", v.cut(v.WALL, 10**9)), "TIMESTAMP_S"),
        "wall_ms": (Column("naive", v.cut(v.WALL, 10**6)), "TIMESTAMP_MS"),
        "wall_us": (Column("naive", v.cut(v.WALL, 10**3)), "TIMESTAMP"),
        "wall_ns": (Column("naive", v.cut(v.WALL, 10**3)), "TIMESTAMP_NS"),
        "utc_us": (Column("instant", v.cut(v.INSTANTS, 10**3)), "TIMESTAMPTZ"),
        "json": (Column("str", ['{"a":1}', None, "[]", "1", "true", '"x"']), "JSON"),
        "tier": (Column("str", ["gold", "silver", None, "gold", "gold", "silver"]), "ENUM('gold', 'silver')"),
        "huge": (Column("float", [1.0, -2.0, None, 3.0, 4.0, 5.0]), "HUGEINT"),
        "clock": (Column("other", [None] * 6, "TIME"), "TIME"),
        "span": (Column("other", [None] * 6, "not read"), "INTERVAL"),
    }
    huge = dict(every)
    huge["huge"] = (Column("int", [1, -2, None, 3, 4, 5]), "HUGEINT")  # written as DOUBLE
    expected = {k: c for k, (c, _) in every.items()}
    put(book, db, "types_v1.parquet", huge, "PARQUET_VERSION v1, COMPRESSION snappy", expected, required=("key",))
    put(book, db, "types_v2.parquet", huge, "PARQUET_VERSION v2, COMPRESSION zstd", expected)
    # Unsigned first values beyond 2^31, and jumps of more: its deltas are of 64 bits.
    far = {
        "first": (Column("int", [3_000_000_000, 1, None, 2**32 - 1, 0, 7]), "UINTEGER"),
        "jumps": (Column("int", [2**31 - 1, -(2**31), 0, None, -1, 2**31 - 1]), "INTEGER"),
        "high": (Column("int", [3_000_000_000, 3_000_000_001, None, 2**32 - 1, 2**31, 3_000_000_002]), "UINTEGER"),
    }
    put(book, db, "far_deltas.parquet", far, "PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1")
    put(book, db, "texts.parquet", {k: (c, "VARCHAR") for k, c in v.texts().items()}, "COMPRESSION gzip")
    n = 2500
    long = {
        "ACCOUNT_ID": (v.long_words(n), "VARCHAR"),
        "COUNT": (v.long_ints(n), "BIGINT"),
        "RATIO": (v.long_floats(n), "DOUBLE"),
        "ARR": (v.long_money(n), "DECIMAL(18,2)"),
        "AT": (v.long_times(n), "TIMESTAMPTZ"),
        "LIVE": (v.long_flags(n), "BOOLEAN"),
    }
    expected = {k.lower(): c for k, (c, _) in long.items()}
    for version in ("v1", "v2"):
        put(book, db, f"long_{version}.parquet", long, f"PARQUET_VERSION {version}, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 100", expected)
    short = {k: (Column(c.kind, c.values[:300]), t) for k, (c, t) in long.items()}
    for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4_raw"):
        put(book, db, f"codec_{codec}.parquet", short, f"PARQUET_VERSION v2, COMPRESSION {codec}", {k: c for k, (c, _) in short.items()})
    db.execute("CREATE OR REPLACE TABLE t AS SELECT 1::BIGINT AS account_id, 'x' AS name WHERE false")
    db.execute(f"COPY t TO '{book.path('no_rows.parquet')}' (FORMAT parquet)")
    book.expect("no_rows.parquet", {"account_id": Column("int", []), "name": Column("str", [])})
    db.execute("""CREATE OR REPLACE TABLE t AS SELECT * FROM (VALUES
        ({'id': '0017', 'rank': 3}, ['a', 'b'], MAP {1: 'x'}),
        (NULL, NULL, NULL), ({'id': NULL, 'rank': 0}, [], MAP {}), ({'id': '8', 'rank': NULL}, [NULL], MAP {1: 'x', 2: NULL})) v(account, tags, pairs)""")
    db.execute(f"COPY t TO '{book.path('nested.parquet')}' (FORMAT parquet, PARQUET_VERSION v2)")
    book.expect("nested.parquet", {
        "account.id": Column("str", ["0017", None, None, "8"]),
        "account.rank": Column("int", [3, None, 0, None]),
        "tags": Column("list", [["a", "b"], None, [], [None]]),
        "pairs": Column("list", [[1], None, [], [1, 2]]),
    })
