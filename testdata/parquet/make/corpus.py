"""What the Apache parquet-testing corpus holds, as pyarrow reads it.

    python corpus.py DIR > ../corpus.json

DIR is a checkout of apache/parquet-testing (written for commit 1a2a751). The
corpus is not part of this repository. For each file of data/ the result names
its rows and, for each column, the number of nulls and the SHA-256 of its values
as text, a line each: integers and decimals in full without trailing zeros,
floats in their shortest decimal form, booleans as true and false, times in UTC
and ISO 8601 down to microseconds, nulls (and empty text, NaN, bytes that are not
UTF-8) as an empty line. Lists give the number of their elements, under
size(name). A column or a file that this project refuses is given with the words
that the refusal must contain. Written with pyarrow 26.0.1.
"""

import datetime
import decimal
import hashlib
import json
import math
import pathlib
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# Files of data/ that are refused, and why.
REFUSED = {
    "datapage_v1-corrupt-checksum.parquet": "does not match its checksum",
    "rle-dict-uncompressed-corrupt-checksum.parquet": "does not match its checksum",
    "hadoop_lz4_compressed.parquet": "SNAPPY or ZSTD",
    "hadoop_lz4_compressed_larger.parquet": "SNAPPY or ZSTD",
    "non_hadoop_lz4_compressed.parquet": "SNAPPY or ZSTD",
    # A page of 1 GiB and some bytes, just above the default budget.
    "large_string_map.brotli.parquet": "memory budget",
    # The chunk's claimed size leaves the dictionary's header out.
    "nation.dict-malformed.parquet": "with 13 left",
    # The footer says 0 rows, its row group 6.
    "repeated_no_annotation.parquet": "hold 6 rows where the footer says 0",
}

# A map that pyarrow cannot read; the sizes are those that DuckDB 2.0.0 shows.
MAPS = {
    "incorrect_map_schema.parquet": ("my_map", [2]),
}

# Files of bad_data/ and what the error says.
BAD = {
    "ARROW-GH-41317.parquet": "INDEX_PAGE",
    "ARROW-GH-41321.parquet": "column int64 cannot be read",
    "ARROW-GH-45185.parquet": "levels of a list do not fit together",
    "ARROW-GH-47662.parquet": "claims more values than it holds",
    "ARROW-RS-GH-6229-DICTHEADER.parquet": "outside the file",
    "ARROW-RS-GH-6229-LEVELS.parquet": "column outer.list.item.c cannot be read",
    "PARQUET-1481.parquet": "physical type",
    # An index of width 0 into a dictionary of one entry, which Spark writes too:
    # every row is that entry.
    "ARROW-GH-43605.parquet": "",
}


def text(value):
    """One value in the form of the module's comment."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return ""
        value = decimal.Decimal(repr(value + 0.0))
    if isinstance(value, decimal.Decimal):
        if value == 0:
            return "0"
        whole, _, fraction = format(value, "f").partition(".")
        fraction = fraction.rstrip("0")
        return whole + ("." + fraction if fraction else "")
    if isinstance(value, datetime.datetime):
        s = value.isoformat()
        return s.rstrip("0").rstrip(".") if "." in s else s
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return ""
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def refusal(typ, physical):
    """Why the project does not read a leaf of an Arrow type, or None."""
    if pa.types.is_time(typ):
        return "TIME"
    if pa.types.is_fixed_size_binary(typ) and physical == "FIXED_LEN_BYTE_ARRAY":
        return "FIXED_LEN_BYTE_ARRAY"
    return None


def described(values):
    lines = [text(v) for v in values]
    digest = hashlib.sha256("".join(s + "\n" for s in lines).encode()).hexdigest()
    return {"nulls": sum(s == "" for s in lines), "sha256": digest}


def instant(value, per):
    """A time of int units; None outside the years 1 to 9999, which are not read."""
    if value is None:
        return None
    micros = value * per if per > 0 else value // -per
    try:
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)
    except OverflowError:
        return None


def micros(column):
    """Values of a leaf as Python objects, times cut to microseconds."""
    if pa.types.is_timestamp(column.type):
        per = {"s": 1_000_000, "ms": 1000, "us": 1, "ns": -1000}[column.type.unit]
        return [instant(v, per) for v in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_float16(column.type) or pa.types.is_float32(column.type):
        return [None if v is None else float(v) for v in column.to_pylist()]
    return column.to_pylist()


def describe(path):
    f = pq.ParquetFile(path, coerce_int96_timestamp_unit="us")
    table = f.read()
    columns = {}
    for i in range(len(f.schema)):
        leaf = f.schema.column(i)
        names = leaf.path.split(".")
        column, known = table.column(names[0]).combine_chunks(), [names[0]]
        for name in names[1:]:
            if not pa.types.is_struct(column.type):
                break
            column = pc.struct_field(column, name)
            known.append(name)
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type) or pa.types.is_map(column.type):
            sizes = [None if v is None else len(v) for v in column.to_pylist()]
            columns["size(" + ".".join(known) + ")"] = described(sizes)
            columns[leaf.path] = {"refused": "is a list"}
        elif why := refusal(column.type, leaf.physical_type):
            columns[leaf.path] = {"refused": why}
        else:
            columns[leaf.path] = described(micros(column))
    return {"rows": table.num_rows, "columns": columns}


def main():
    root = pathlib.Path(sys.argv[1])
    out = {"commit": "1a2a751", "pyarrow": pa.__version__, "data": {}, "bad_data": {}}
    for path in sorted((root / "data").iterdir()):
        if path.name in REFUSED:
            out["data"][path.name] = {"refused": REFUSED[path.name]}
        elif path.suffix == ".encrypted":
            out["data"][path.name] = {"refused": "encrypted"}
        elif path.name in MAPS:
            name, sizes = MAPS[path.name]
            columns = {f"size({name})": described(sizes)}
            for leaf in ("key", "value"):
                columns[f"{name}.key_value.{leaf}"] = {"refused": "is a list"}
            out["data"][path.name] = {"rows": len(sizes), "columns": columns}
        elif path.suffix == ".parquet":
            out["data"][path.name] = describe(path)
    for path in sorted((root / "bad_data").iterdir()):
        why = BAD[path.name]
        out["bad_data"][path.name] = {"refused": why} if why else describe(path)
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
