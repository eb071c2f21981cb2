"""The values that every writer is given, edges first."""

import datetime
import uuid
from decimal import Decimal

from model import Column

DAY = 86400 * 10**9


def ns(year, month, day, hour=0, minute=0, second=0, nanos=0):
    t = datetime.datetime(year, month, day, hour, minute, second) - datetime.datetime(1970, 1, 1)
    return (t.days * 86400 + t.seconds) * 10**9 + nanos


def integers():
    """int8 to int64 and uint8 to uint64 with their bounds."""
    out = {}
    for bits in (8, 16, 32, 64):
        out[f"i{bits}"] = Column("int", [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0, 1, None, 7])
        out[f"u{bits}"] = Column("int", [0, 2**bits - 1, 2 ** (bits - 1), 1, None, 7])
    return out


def decimals():
    """Name to (precision, scale, column): what fits 32 and 64 bits, and what does not."""
    d = Decimal
    return {
        "d4_2": (4, 2, Column("decimal", [d("12.34"), d("-99.99"), d("0.00"), None, d("1.50"), d("0.05")])),
        "d9_0": (9, 0, Column("decimal", [d(999999999), d(-1), d(0), None, d(1), d(123)])),
        "d18_9": (18, 9, Column("decimal", [d("123456789.123456789"), d("-0.005000000"), d("1.005000000"), None, d("2.674999999"), d("1")])),
        "d38_0": (38, 0, Column("decimal", [d("12345678901234567890123456789012345678"), d(-1), d(0), None, d(2**63), d(123)])),
        "d38_9": (38, 9, Column("decimal", [d("1005.000000000"), d("-1.005000000"), d("99999999999.994999999"), None, d("0.000000001"), d("42")])),
    }


WALL = [ns(2026, 6, 30, 23, 30, 15, 123456789), ns(1969, 12, 31, 23, 59, 59, 999999999), ns(2026, 3, 29, 2, 30), None, ns(2000, 2, 29), 0]
INSTANTS = [ns(2026, 6, 30, 23, 30, 15, 123456789), ns(1969, 12, 31, 23, 59, 59, 999999999), ns(2026, 3, 29, 0, 59, 59), ns(2026, 3, 29, 1), None, ns(2026, 10, 25, 1)]


def cut(values, unit):
    """Nanoseconds cut to whole units of that many nanoseconds, towards the past."""
    return [None if v is None else v // unit * unit for v in values]


DATES = [datetime.date(2026, 6, 30), datetime.date(1969, 12, 31), datetime.date(2000, 2, 29), None, datetime.date(9999, 12, 31), datetime.date(1, 1, 1)]


def texts():
    """Text that other roles read, or do not."""
    return {
        "id": Column("str", ["00123", " 7", "é-8", "", None, "A-000017"]),
        "iso": Column("str", ["2026-06-30", "20260630", "2026-06-30 12:00:00", "", None, "30/06/2026"]),
        "stamp": Column("str", ["2026-06-30T12:00:00.5Z", "2026-06-30 12:00:00.000 -0700", "2026-06-30T12:00+05:30", "2026-02-29", None, "2026-01-01 00:00:00 UTC"]),
        "amount": Column("str", ["1.005", "-3", " 12.50 ", "1e3", None, "12 EUR"]),
        "big": Column("str", ["99999999999.994", "12345678901234567890.125", "NaN", "0x10", None, "1,5"]),
        "yes": Column("str", ["Y", " n ", "TRUE", "no", None, "maybe"]),
    }


FLAGS = Column("bool", [True, False, None, True, False, False])
BITS = Column("int", [1, 0, None, 1, 0, 2])
FLOATS = Column("float", [1.5, -0.0, float("nan"), float("inf"), None, 2.675])
SINGLES = Column("float", [0.5, -0.25, float("nan"), float("-inf"), None, 1024.0])
# Of 16 bits: a tenth as near as they come, the least, and the greatest.
HALVES = Column("float", [0.0999755859375, -0.0, float("nan"), 2.0**-24, None, -65504.0])
UUIDS = Column("uuid", [uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"), None, uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.UUID(int=1), uuid.UUID(int=2)])


def long_words(n):
    """Ids of which the first tenth repeats and the rest does not: a dictionary of
    bounded size gives way to plain pages."""
    return Column("str", [None if i % 97 == 13 else f"ACC-{i % 50:06d}" if i < n // 10 else f"ACC-{i * 7919 % 1000003:06d}" for i in range(n)])


def long_ints(n):
    return Column("int", [None if i % 11 == 5 else i * i - 500 for i in range(n)])


def long_floats(n):
    return Column("float", [None if i % 13 == 7 else i / 8 - 3 for i in range(n)])


def long_money(n):
    return Column("decimal", [None if i % 7 == 3 else Decimal(i * 1237 - 40000).scaleb(-2) for i in range(n)])


def long_times(n):
    return Column("instant", [None if i % 17 == 1 else ns(2026, 1, 1) + i * 3_600_000_123_000 for i in range(n)])


def flags_in_runs(n):
    """Runs of 1 to 40 equal flags, which end anywhere within a byte, and gaps."""
    values, length = [], 0
    while len(values) < n:
        length = length % 40 + 1
        values += [None if length % 11 == 0 else length % 2 == 0] * length
    return Column("bool", values[:n])


def long_flags(n):
    return Column("bool", [None if i % 19 == 2 else i % 3 == 0 for i in range(n)])
