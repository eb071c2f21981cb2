"""Writes the cells of a workbook with XlsxWriter in constant memory, and prints how
long that took and how much memory: one side of a comparison, see workbook.py.

usage: xlsxwriter_peer.py CELLS OUT COPIES ACCOUNTS_ONLY
"""

import json
import resource
import sys
import time

import xlsxwriter

REPEATED = ("Accounts", "At risk")  # the sheets whose data rows are copied, with ids of their own


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def format_of(book, f):
    p = {"num_format": f["number"], "font_name": "Arial", "font_size": f["size"]}
    for key, name in (("bold", "bold"), ("colour", "font_color"), ("ground", "bg_color"), ("align", "align"), ("wrap", "text_wrap"), ("indent", "indent")):
        if f[key]:
            p[name] = f[key]
    if f["underline"]:
        p["underline"] = 1
    p["valign"] = {"center": "vcenter"}.get(f["valign"], f["valign"] or "bottom")
    return book.add_format(p)


def header(rows):
    """The index of the heading row of the sheet's table."""
    return next(i for i, (_, cells) in enumerate(rows) if any(c[2] == "Account id" for c in cells))


def write(sheet, formats, rows, copies):
    def put(r, cells, suffix, ids):
        for c, f, value, formula in cells:
            f = formats[f]
            if formula:
                sheet.write_formula(r, c, "=" + formula, f, "" if value is None else value)
            elif value is None:
                sheet.write_blank(r, c, None, f)
            elif isinstance(value, str):
                sheet.write_string(r, c, value + suffix if c == ids else value, f)
            else:
                sheet.write_number(r, c, value, f)

    if copies == 1:
        for r, cells in rows:
            put(r, cells, "", -1)
        return
    top = header(rows) + 1
    for r, cells in rows[:top]:
        put(r, cells, "", -1)
    data, first, ids = rows[top:], rows[top][0], rows[top][1][0][0]
    for k in range(copies):
        suffix = "-%d" % k if k else ""
        for i, (_, cells) in enumerate(data):
            put(first + k * len(data) + i, cells, suffix, ids)


def main():
    source, out, copies, only = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "1"
    data = json.load(open(source))
    if only:
        data["sheets"] = [s for s in data["sheets"] if s["name"] == "Accounts"]
    loaded, start = peak(), time.perf_counter()
    cpu = time.process_time()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = [format_of(book, f) for f in data["formats"]]
    for s in data["sheets"]:
        write(book.add_worksheet(s["name"]), formats, s["rows"], copies if s["name"] in REPEATED else 1)
    book.close()
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "loaded_mib": loaded, "peak_mib": peak(), "version": "XlsxWriter " + xlsxwriter.__version__}))


main()
