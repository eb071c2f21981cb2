"""What the job must read from a column, worked out from its logical values.

An account of the roles that shares no code with the reader: the expected values
of the fixtures come from here, never from a reader of Parquet. A column is a kind
and Python values:

    int, float, bool, str     themselves
    decimal                   decimal.Decimal
    date                      datetime.date
    naive, instant            integer nanoseconds since 1970, wall clock or UTC
    uuid                      uuid.UUID
    null                      None throughout
    list                      Python lists; None is a null list
    other                     a type that is not read; refusal names it

Cells of the result are JSON: text for id, text and time (ISO 8601 wall clock of
Europe/Berlin), numbers, booleans, null, and {"bad": TEXT} for a value that cannot
be read as the role, which is null and counted (TEXT is "" where its spelling is
not fixed). Columns of more than 64 rows are given as a digest.
"""

import datetime
import decimal
import hashlib
import math
import re
import struct
import zoneinfo
from decimal import Decimal

decimal.getcontext().prec = 100
ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
ROLES = ("id", "text", "number", "money", "time", "flag")
EPOCH = datetime.datetime(1970, 1, 1)
DATED = ("date", "naive", "instant")


class Column:
    def __init__(self, kind, values, refusal=""):
        self.kind, self.values, self.refusal = kind, list(values), refusal
        if kind == "decimal":
            self.values = [None if v is None else Decimal(v) for v in self.values]

    def expected(self):
        out = {}
        if self.kind == "list":
            sizes = [None if v is None else len(v) for v in self.values]
            out["size"] = digest("number", sizes)
        for role in ROLES:
            why = refusal(self, role)
            out[role] = {"refused": why} if why else digest(role, [cell(self.kind, role, v) for v in self.values])
        return out


def refusal(column, role):
    kind = column.kind
    if kind == "list":
        return "is a list"
    if kind == "other":
        return column.refusal
    if kind == "null":
        return ""
    if role == "id" and kind == "float":
        return "2^53"
    if role in ("number", "money") and (kind in DATED or kind == "uuid" or (kind == "bool" and role == "money")):
        return role + " is expected"
    if role == "time" and kind not in DATED and kind != "str":
        return "unit of time"
    if role == "flag" and (kind in DATED or kind == "uuid"):
        return "flag is expected"
    return ""


def cell(kind, role, v):
    if v is None:
        return None
    if kind == "float" and role != "id":
        if math.isnan(v):
            return None
        if math.isinf(v):
            return {"bad": "+Inf" if v > 0 else "-Inf"}
        v += 0.0
    return {"id": text, "text": text, "number": number, "money": money, "time": time, "flag": flag}[role](kind, v)


def wall(kind, ns):
    """The wall-clock time in whole microseconds, towards the past."""
    t = EPOCH + datetime.timedelta(microseconds=ns // 1000)
    if kind == "instant":
        t = t.replace(tzinfo=datetime.timezone.utc).astimezone(ZONE).replace(tzinfo=None)
    return t


def iso(t):
    s = t.isoformat()
    return s.rstrip("0").rstrip(".") if "." in s else s


def plain(d):
    """A decimal in full, without zeros at the end."""
    if d == 0:
        return "0"
    s = format(d, "f")
    return s.rstrip("0").rstrip(".") if "." in s else s


def text(kind, v):
    if kind == "str":
        return v or None
    if kind == "bool":
        return "true" if v else "false"
    if kind == "float":
        return plain(Decimal(repr(v)))
    if kind == "decimal":
        return plain(v)
    if kind == "date":
        return v.isoformat()
    if kind in DATED:
        return iso(wall(kind, v))
    return str(v)


NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def number(kind, v):
    if kind != "str":
        return float(v)
    s = v.strip()
    if s == "" or s.lower() == "nan":
        return None
    if not NUMBER.fullmatch(s) or math.isinf(float(s)):
        return {"bad": v}
    return float(s) + 0.0


def money(kind, v):
    if kind == "decimal":
        return cents(v)
    if kind == "float":
        return float_cents(v)
    if kind == "str":
        x = number(kind, v)
        if not isinstance(x, float):
            return x
        s = v.strip()
        if "e" in s.lower() or sum(c.isdigit() for c in s) > 18:
            return float_cents(x)
        return cents(Decimal(s))
    return float(v)


def cents(d):
    return float(d.quantize(Decimal("0.01"), decimal.ROUND_HALF_UP)) + 0.0


def float_cents(x):
    c = x * 100
    if abs(c) >= 2**53:
        return x
    return float(Decimal(c).quantize(Decimal(1), decimal.ROUND_HALF_UP)) / 100 + 0.0


TIME = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)? ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?)?"
)


def time(kind, v):
    if kind == "date":
        return v.isoformat() + "T00:00:00"
    if kind != "str":
        return iso(wall(kind, v))
    if not v.strip():
        return None
    m = TIME.fullmatch(v.strip())
    if not m:
        return {"bad": v}
    year, _, month, day, hour, minute, second, fraction, zone = m.groups()
    try:
        t = datetime.datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), int(((fraction or "") + "000000")[:6]))
    except ValueError:
        return {"bad": v}
    if zone:
        offset = datetime.timedelta()
        if zone[0] in "+-":
            digits = zone[1:].replace(":", "") + "00"
            offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:4])) * (1 if zone[0] == "+" else -1)
        t = (t - offset).replace(tzinfo=datetime.timezone.utc).astimezone(ZONE).replace(tzinfo=None)
    return iso(t)


def flag(kind, v):
    if kind == "bool":
        return v
    if kind == "str":
        s = v.strip().lower()
        if s == "":
            return None
        if s in ("true", "t", "yes", "y", "1"):
            return True
        return False if s in ("false", "f", "no", "n", "0") else {"bad": v}
    return {0: False, 1: True}.get(v, {"bad": ""})


def digest(role, cells):
    """The cells themselves, or for long columns their number, nulls and SHA-256: a
    line for each cell, of text, true or false, or a number's bits in hexadecimal;
    empty for null."""
    if len(cells) <= 64:
        return cells
    lines = []
    for c in cells:
        if c is None or isinstance(c, dict):
            lines.append("")
        elif isinstance(c, bool):
            lines.append("true" if c else "false")
        elif role in ("number", "money"):
            lines.append(struct.pack(">d", c).hex())
        else:
            lines.append(c)
    joined = "".join(s + "\n" for s in lines).encode()
    return {"rows": len(cells), "nulls": lines.count(""), "sha256": hashlib.sha256(joined).hexdigest()}
