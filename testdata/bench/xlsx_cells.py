"""Reads the cells of a workbook with the standard library alone.

As a program it writes them as JSON for the peers of the bench: formats, and per
sheet the rows of cells. usage: xlsx_cells.py BOOK OUT
"""

import html
import json
import re
import sys
import xml.etree.ElementTree as ET
import zipfile

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
CELL = re.compile(rb'<c\s([^>]*?)(?:/>|>(.*?)</c>)', re.S)
REF = re.compile(rb'\br="([A-Z]+)(\d+)"')
STYLE = re.compile(rb'\bs="(\d+)"')
TYPE = re.compile(rb'\bt="(\w+)"')
VALUE = re.compile(rb"<v[^>]*>(.*?)</v>", re.S)
TEXT = re.compile(rb"<t[^>]*?(?:/>|>(.*?)</t>)", re.S)
FORMULA = re.compile(rb"<f[^>]*>(.*?)</f>", re.S)
BUILT_IN = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "m/d/yyyy", 49: "@"}


def plain(raw):
    return html.unescape(raw.decode()).replace("_x005F_", "_") if raw else ""


def column(letters):
    n = 0
    for c in letters:
        n = n * 26 + c - 64
    return n - 1


class Book:
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        rels = {r.get("Id"): r.get("Target") for r in ET.fromstring(self.zip.read("xl/_rels/workbook.xml.rels"))}
        book = ET.fromstring(self.zip.read("xl/workbook.xml"))
        self.sheets = [(s.get("name"), "xl/" + rels[s.get(REL)].removeprefix("/xl/")) for s in book.iterfind("m:sheets/m:sheet", NS)]
        self.shared = []
        if "xl/sharedStrings.xml" in self.zip.namelist():
            for item in re.finditer(rb"<si>(.*?)</si>", self.zip.read("xl/sharedStrings.xml"), re.S):
                self.shared.append("".join(plain(t) for t in TEXT.findall(item[1])))
        self.formats = list(self._formats())

    def _formats(self):
        styles = ET.fromstring(self.zip.read("xl/styles.xml"))
        codes = dict(BUILT_IN)
        for f in styles.iterfind("m:numFmts/m:numFmt", NS):
            codes[int(f.get("numFmtId"))] = f.get("formatCode")
        fonts = list(styles.iterfind("m:fonts/m:font", NS))
        fills = list(styles.iterfind("m:fills/m:fill", NS))
        on = lambda e: e is not None and e.get("val", "1") not in ("0", "false")
        for x in styles.iterfind("m:cellXfs/m:xf", NS):
            font, fill, align = fonts[int(x.get("fontId", 0))], fills[int(x.get("fillId", 0))], x.find("m:alignment", NS)
            size, colour = font.find("m:sz", NS), font.find("m:color", NS)
            ground = fill.find("m:patternFill/m:fgColor", NS)
            align = align.attrib if align is not None else {}
            yield {
                "number": codes[int(x.get("numFmtId", 0))], "bold": on(font.find("m:b", NS)), "underline": font.find("m:u", NS) is not None,
                "size": float(size.get("val")) if size is not None else 11.0, "colour": (colour.get("rgb") or "")[-6:] if colour is not None else "",
                "ground": (ground.get("rgb") or "")[-6:] if ground is not None else "", "align": align.get("horizontal", ""),
                "valign": align.get("vertical", ""), "wrap": align.get("wrapText") in ("1", "true"), "indent": int(align.get("indent", 0)),
            }

    def cells(self, part):
        """Yields row, column, format, value, formula; a value is None, a float or a text."""
        with self.zip.open(part) as f:
            rest = b""
            while chunk := f.read(1 << 22):
                rest += chunk
                cut = rest.rfind(b"</row>") + 6
                if cut < 6:
                    continue
                yield from self._cells(rest[:cut])
                rest = rest[cut:]

    def _cells(self, block):
        for m in CELL.finditer(block):
            attributes, body = m[1], m[2] or b""
            ref, style, kind = REF.search(attributes), STYLE.search(attributes), TYPE.search(attributes)
            kind = kind[1] if kind else b"n"
            value, formula = VALUE.search(body), FORMULA.search(body)
            if kind == b"inlineStr":
                v = "".join(plain(t) for t in TEXT.findall(body))
            elif value is None or not value[1] and kind == b"n":
                v = None
            elif kind == b"s":
                v = self.shared[int(value[1])]
            elif kind == b"str":
                v = plain(value[1])
            else:
                v = float(value[1])
            yield int(ref[2]) - 1, column(ref[1]), int(style[1]) if style else 0, v, plain(formula[1]) if formula else ""


def main():
    book = Book(sys.argv[1])
    sheets = []
    for name, part in book.sheets:
        rows, last = [], -1
        for r, c, style, value, formula in book.cells(part):
            if r != last:
                rows.append([r, []])
                last = r
            rows[-1][1].append([c, style, value, formula])
        sheets.append({"name": name, "rows": rows})
    json.dump({"formats": book.formats, "sheets": sheets}, open(sys.argv[2], "w"))


if __name__ == "__main__":
    main()
