"""Folders by Spark: INT96, part files without rows, decimals in its two styles."""

import os
import pathlib
import sys

import pyspark
from pyspark.sql import SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

import values as v
from model import Column

VERSION = "spark " + pyspark.__version__
os.environ["PYSPARK_PYTHON"] = sys.executable


def sql_value(column, typ, x):
    if x is None:
        return f"CAST(NULL AS {typ})"
    if column.kind == "instant":
        return f"timestamp_micros({x // 1000})"
    if column.kind == "naive":
        return f"CAST(timestamp_micros({x // 1000}) AS TIMESTAMP_NTZ)"
    if column.kind == "float":
        return f"CAST('{x!r}' AS {typ})"
    text = str(x).replace("\\", "\\\\").replace("'", "\\'")
    return f"CAST('{text}' AS {typ})"


def write(book):
    spark = (
        SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1").config("spark.driver.extraJavaOptions", "-Duser.timezone=UTC").getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    integers = {k: (c, {8: "TINYINT", 16: "SMALLINT", 32: "INT", 64: "BIGINT"}[int(k[1:])]) for k, c in v.integers().items() if k[0] == "i"}
    columns = integers | {k: (c, f"DECIMAL({p},{s})") for k, (p, s, c) in v.decimals().items()}
    columns |= {
        "flag": (v.FLAGS, "BOOLEAN"),
        "ratio": (v.FLOATS, "DOUBLE"),
        "single": (v.SINGLES, "FLOAT"),
        "date": (Column("date", v.DATES), "DATE"),
        "AT": (Column("instant", v.cut(v.INSTANTS, 1000)), "TIMESTAMP"),
    }
    columns |= {"text_" + k: (c, "STRING") for k, c in v.texts().items()}
    expected = {k: c for k, (c, _) in columns.items()}
    rows = [", ".join(f"{sql_value(c, typ, c.values[i])} AS `{k}`" for k, (c, typ) in columns.items()) for i in range(6)]
    frame = spark.sql(" UNION ALL ".join("SELECT " + r for r in rows)).coalesce(1)

    def put(name, frame, columns, settings=(), **options):
        settings = {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS", "spark.sql.parquet.writeLegacyFormat": "false"} | dict(settings)
        for k, x in settings.items():
            spark.conf.set(k, x)
        w = frame.write.mode("overwrite")
        for k, x in options.items():
            w = w.option(k, x)
        w.parquet(pathlib.Path(book.path(name)).absolute().as_uri())
        book.expect(name, columns)

    put("int96", frame, expected, {"spark.sql.parquet.outputTimestampType": "INT96"}, compression="snappy")
    put("micros", frame, expected, compression="zstd")
    millis = expected | {"AT": Column("instant", v.cut(v.INSTANTS, 10**6))}
    put("millis_legacy", frame, millis, {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MILLIS", "spark.sql.parquet.writeLegacyFormat": "true"}, compression="gzip")
    ntz = Column("naive", v.cut(v.WALL, 1000))
    put("v2", frame.select("i32", "d18_9", "text_id", "date", "flag"), {k: expected[k] for k in ("i32", "d18_9", "text_id", "date", "flag")}, **{"parquet.writer.version": "v2", "compression": "uncompressed"})
    walls = spark.sql(" UNION ALL ".join(f"SELECT {i} AS n, {sql_value(ntz, 'TIMESTAMP_NTZ', x)} AS wall" for i, x in enumerate(ntz.values))).coalesce(1)
    put("wall", walls, {"n": Column("int", range(6)), "wall": ntz})
    # Partitioned by a key with a null, and part files without rows beside others.
    parts = spark.sql("SELECT * FROM VALUES ('1', DATE'2026-06-30'), ('2', NULL), ('3', DATE'2026-05-31') AS t(account_id, dt)").coalesce(1)
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    parts.write.mode("overwrite").partitionBy("dt").parquet(pathlib.Path(book.path("hive")).absolute().as_uri())
    book.expect("hive", {"account_id": Column("str", ["3", "1", "2"]), "dt": Column("str", ["2026-05-31", "2026-06-30", None])})
    sparse = spark.range(0, 6, 1, 3).where("id >= 4")  # Spark keeps the first part, without rows
    put("empty_parts", sparse.withColumn("seats", f.col("id").cast(t.IntegerType())), {"id": Column("int", [4, 5]), "seats": Column("int", [4, 5])})
    nested = spark.sql("""SELECT * FROM VALUES
        (named_struct('id', '0017', 'rank', 3), array('a', 'b'), map(1, 'x')),
        (NULL, NULL, NULL), (named_struct('id', NULL, 'rank', 0), array(), map()), (named_struct('id', '8', 'rank', NULL), array(NULL), map(1, 'x', 2, NULL))
        AS t(account, tags, pairs)""").coalesce(1)
    lists = {
        "account.id": Column("str", ["0017", None, None, "8"]),
        "account.rank": Column("int", [3, None, 0, None]),
        "tags": Column("list", [["a", "b"], None, [], [None]]),
        "pairs": Column("list", [[1], None, [], [1, 2]]),
    }
    put("nested", nested, lists)
    put("nested_legacy", nested, lists, {"spark.sql.parquet.writeLegacyFormat": "true"})
    spark.stop()
    for crc in book.folder.rglob("*.crc"):
        crc.unlink()
