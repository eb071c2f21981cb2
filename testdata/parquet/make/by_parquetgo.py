"""What must be read from the files of parquetgo/main.go."""

import uuid
from decimal import Decimal as d

import values as v
from model import Column

VERSION = "parquet-go v0.32.0"


def write(book):
    columns = {
        "amount_bytes": Column("decimal", [d("12.345"), d("-0.123"), None, d("1.005")]),
        "key_bytes": Column("decimal", [d("9" * 38), d(-128), None, d(255)]),
        "amount_5": Column("decimal", [d("549755813.88"), d("-549755813.88"), None, d(1)]),
        "amount_32": Column("decimal", [d(42), d("-10.05"), None, d(1).scaleb(-38)]),
        "at": Column("instant", [0, -1, None, v.ns(2026, 6, 30, 23, 30, 15, 123456789)]),
        "id": Column("str", ["00123", "00124", "A", "é"]),
        "tier": Column("str", ["gold", "gold", "silver", "gold"]),
        "json": Column("str", ['{"a":1}', "[]", "1", "true"]),
        "u32": Column("int", [2**32 - 1, 0, None, 1]),
        "u64": Column("int", [2**64 - 1, 0, None, 1]),
        "uuid": Column("uuid", [uuid.UUID(int=1), uuid.UUID(int=2), None, uuid.UUID(int=2**128 - 1)]),
    }
    for name in ("brotli_v1", "snappy_v1", "lz4_v2", "gzip_v2"):
        book.expect(name + ".parquet", columns)
