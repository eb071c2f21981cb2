"""Writes the Parquet fixtures of other writers and what must be read from them.

    python -m venv env && env/bin/pip install -r requirements.txt
    env/bin/python fixtures.py ../ [WRITER...]

WRITER is pyarrow, duckdb, polars, pandas or spark (which needs Java 17); the
files of parquet-go are written by parquetgo/main.go. Each writer's files lie in a
folder of its name beside an expected.json, which model.py works out from the
values. The bytes may change with the writers' versions (spark's names do with
each run); the expected values must not.
"""

import importlib
import json
import pathlib
import shutil
import sys

from model import ROLES, Column, cell, digest, refusal

WRITERS = ("pyarrow", "duckdb", "polars", "pandas", "spark", "parquetgo")


class Parts:
    """A column over part files that write it as different types."""

    def __init__(self, *columns):
        self.columns = columns

    def expected(self):
        out = {}
        for role in ROLES:
            why = next(filter(None, (refusal(c, role) for c in self.columns)), "")
            cells = [cell(c.kind, role, v) for c in self.columns for v in c.values] if not why else []
            out[role] = {"refused": why} if why else digest(role, cells)
        return out


class Book:
    """The files of one writer with what is expected of them."""

    def __init__(self, folder, version):
        self.folder, self.version, self.files = folder, version, {}

    def path(self, name):
        p = self.folder / name
        p.parent.mkdir(parents=True, exist_ok=True)
        return str(p)

    def expect(self, name, columns, encodings=None):
        """columns: name in the file to Column or Parts; encodings: name to the
        encodings of its data pages, where the fixture is about them."""
        entry = {"columns": {k: c.expected() for k, c in columns.items()}}
        if encodings:
            entry["encodings"] = encodings
        self.files[name] = entry

    def close(self):
        lines = []
        for name, entry in self.files.items():
            parts = [f"   {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in entry["columns"].items()]
            extra = f'\n  "encodings": {json.dumps(entry["encodings"])},' if "encodings" in entry else ""
            lines.append(f' {json.dumps(name)}: {{{extra}\n  "columns": {{\n' + ",\n".join(parts) + "\n  }}")
        body = ",\n".join(lines)
        text = f'{{"writer": {json.dumps(self.version)}, "zone": "Europe/Berlin", "files": {{\n{body}\n}}}}\n'
        json.loads(text)
        (self.folder / "expected.json").write_text(text)


def main():
    out = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or WRITERS:
        folder = out / name
        if name != "parquetgo":
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        module = importlib.import_module("by_" + name)
        book = Book(folder, module.VERSION)
        module.write(book)
        book.close()


if __name__ == "__main__":
    sys.modules["fixtures"] = sys.modules["__main__"]
    main()
