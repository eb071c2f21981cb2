"""Writes two variants of the last month of the small sample's usage, for the
source audit: zeroday.parquet, in which every count is 0 on the last day, and
schema.parquet, in which features_used has become a DOUBLE, logins is gone and
sessions is new. Needs pyarrow; run it in this folder."""

import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MONTH = "../small/exports/usage/month=2026-06/part-00000.snappy.parquet"
LAST = datetime.date(2026, 6, 30)

usage = pq.ParquetFile(MONTH).read()


def save(table, path):
    pq.write_table(table, path, compression="snappy")


zero = usage
on_last = pc.equal(usage["usage_date"], pa.scalar(LAST))
for name in ["active_users", "features_used", "logins"]:
    i = zero.schema.get_field_index(name)
    column = zero[name]
    zero = zero.set_column(i, name, pc.if_else(on_last, pa.scalar(0, column.type), column))
save(zero, "zeroday.parquet")

schema = usage.drop_columns(["logins"])
i = schema.schema.get_field_index("features_used")
schema = schema.set_column(i, "features_used", schema["features_used"].cast(pa.float64()))
schema = schema.append_column("sessions", usage["logins"])
save(schema, "schema.parquet")
