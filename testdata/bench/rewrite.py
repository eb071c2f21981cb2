"""Writes the rows of a Parquet file again with another writer's defaults.

Usage: python3 rewrite.py WRITER FILE TARGET, where WRITER is duckdb or pyarrow. Both
compress with Snappy and choose encodings, pages and row groups as they see fit.
"""
import sys

WRITER, FILE, TARGET = sys.argv[1:4]


def duckdb():
    import duckdb

    db = duckdb.connect()
    db.execute("set threads=2; set enable_progress_bar=false")
    db.execute(f"copy (from read_parquet('{FILE}')) to '{TARGET}' (format parquet)")


def pyarrow():
    import pyarrow
    import pyarrow.parquet as pq

    pyarrow.set_cpu_count(2)
    source = pq.ParquetFile(FILE)
    with pq.ParquetWriter(TARGET, source.schema_arrow) as out:
        for batch in source.iter_batches(1 << 20):
            out.write_batch(batch)


{"duckdb": duckdb, "pyarrow": pyarrow}[WRITER]()
