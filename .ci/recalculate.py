"""Lets LibreOffice calculate every formula of workbooks anew and compares.

The stored results are taken out first, so that what comes back was calculated.
Every cell of every sheet must then hold what was published: texts as they were,
numbers to 1e-9 of themselves. usage: recalculate.py BOOK...
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "testdata" / "bench"))
from xlsx_cells import Book

RESULT = re.compile(rb"(</f>)<v>[^<]*</v>")


def without_results(source, target):
    n = 0
    with zipfile.ZipFile(source) as a, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as b:
        for name in a.namelist():
            data = a.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data, k = RESULT.subn(rb"\1", data)
                n += k
            b.writestr(name, data)
    return n


def values(book, part):
    return {(r, c): v for r, c, _, v, _ in book.cells(part) if v not in (None, "")}


def equal(x, y):
    if isinstance(x, float) and isinstance(y, float):
        return abs(x - y) <= 1e-9 * max(1, abs(x))
    return x == y


def check(path, folder):
    stripped = folder / "book.xlsx"
    formulas = without_results(path, stripped)
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", folder / "out", stripped],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    ours, theirs = Book(path), Book(folder / "out" / "book.xlsx")
    if [n for n, _ in ours.sheets] != [n for n, _ in theirs.sheets]:
        sys.exit(f"{path}: sheets {ours.sheets} came back as {theirs.sheets}")
    cells = 0
    for (name, a), (_, b) in zip(ours.sheets, theirs.sheets):
        x, y = values(ours, a), values(theirs, b)
        wrong = [(at, x.get(at), y.get(at)) for at in x.keys() | y.keys() if not equal(x.get(at), y.get(at))]
        if wrong:
            sys.exit(f"{path}: {len(wrong)} cells of {name} differ, such as row and column {min(wrong)}")
        cells += len(x)
    print(f"{pathlib.Path(path).name}: {cells:,} cells, {formulas:,} formulas calculated anew, all equal")


def main():
    with tempfile.TemporaryDirectory() as d:
        for path in sys.argv[1:]:
            check(path, pathlib.Path(d))


main()
