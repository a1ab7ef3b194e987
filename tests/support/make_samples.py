"""Makes the files of the sample folder that can't be written by hand: workbooks, a PDF, a Word document, an archive.

usage: make_samples.py [--check]   (--check: exit 1 if a file is not what this script makes)

Their text is ours. Nothing is compressed, so that the bytes are the same with every version of Python and zlib.
"""

import io
import sys
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

SAMPLE = Path(__file__).resolve().parents[2] / "knowledgebase"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def archive(parts: dict[str, str | bytes]) -> bytes:
    """A zip archive; equal parts give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            target.writestr(entry, text)
    return out.getvalue()


def content_types(overrides: dict[str, str]) -> str:
    parts = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
    )
    return f'{XML}<Types xmlns="{PACKAGE}/content-types">{defaults}{parts}</Types>'


def relations(targets: list[tuple[str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/relationships/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{each}</Relationships>'


# ---- .xlsx -----------------------------------------------------------------------------------------------------------

DATE, MOMENT, SPAN, PERCENT = 1, 2, 3, 4  # places in `cellXfs`


def serial(moment: date) -> float:
    """Days since the beginning of the 1900 system."""
    days = (date(moment.year, moment.month, moment.day) - date(1899, 12, 30)).days
    return days + (moment.hour * 60 + moment.minute) / 1440 if isinstance(moment, datetime) else days


def cell(place: str, value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f'<c r="{place}" s="{MOMENT}"><v>{serial(value)!r}</v></c>'
        case date():
            return f'<c r="{place}" s="{DATE}"><v>{serial(value)}</v></c>'
        case timedelta():
            return f'<c r="{place}" s="{SPAN}"><v>{value / timedelta(days=1)!r}</v></c>'
        case float():
            return f'<c r="{place}" s="{PERCENT}"><v>{value!r}</v></c>'
        case int():
            return f'<c r="{place}"><v>{value}</v></c>'
        case str() if value.startswith("#"):
            return f'<c r="{place}" s="{PERCENT}" t="e"><f>1/0</f><v>{value}</v></c>'
        case _:
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def sheet(rows: dict[int, list[object]], merged: str = "") -> str:
    lines = []
    for number, values in rows.items():
        cells = "".join(cell(f"{chr(65 + column)}{number}", value) for column, value in enumerate(values))
        lines.append(f'<row r="{number}">{cells}</row>')
    merge = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{XML}<worksheet xmlns="{namespace}"><sheetData>{"".join(lines)}</sheetData>{merge}</worksheet>'


def study_plan() -> bytes:
    plan = sheet(
        {
            1: ["Plan of a study that was never made"],
            2: ["Every date and number is invented"],
            4: ["milestone", "due", "closed", "effort", "share of budget"],
            5: ["goal and scope agreed", date(2025, 1, 31), datetime(2025, 1, 29, 16, 30), timedelta(hours=18), 0.1],
            6: ["data of the own plant", date(2025, 3, 14), datetime(2025, 3, 20, 9, 15), timedelta(hours=41.5), 0.3],
            7: ["data of suppliers", date(2025, 4, 30), datetime(2025, 5, 6, 11, 0), timedelta(hours=36), 0.25],
            8: ["data of the use phase", date(2025, 4, 30), None, timedelta(0), "#DIV/0!"],
            9: ["impact assessment", date(2025, 6, 13), None, timedelta(hours=12.25), 0.15],
            11: ["critical review", date(2025, 9, 1), None, None, 0.2],
        },
        merged="A1:E1",
    )
    quality = sheet(
        {
            1: ["indicator", "asks", "best answer"],
            2: ["reliability", "How was the value found?", "measured, and checked"],
            3: ["completeness", "How many sites and how much time does it cover?", "all sites, a full year"],
            4: ["temporal fit", "How old is it?", "less than three years"],
            5: ["geographical fit", "Where does it come from?", "the area of the study"],
            6: ["technological fit", "Which process does it describe?", "the process of the study"],
        }
    )
    lists = sheet({1: ["status"], 2: ["open"], 3: ["closed"], 4: ["dropped"]})
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    namespace = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    names = [("Milestones", ""), ("Data quality", ""), ("Lists", ' state="hidden"')]
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}"{state} r:id="rId{number}"/>'
        for number, (name, state) in enumerate(names, 1)
    )
    formats = '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    cells = "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in (0, 14, 164, 46, 9))
    parts = {
        "[Content_Types].xml": content_types(
            {"/xl/workbook.xml": f"{main}.sheet.main+xml", "/xl/styles.xml": f"{main}.styles+xml"}
            | {f"/xl/worksheets/sheet{number}.xml": f"{main}.worksheet+xml" for number in (1, 2, 3)}
        ),
        "_rels/.rels": relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'{XML}<workbook {namespace} xmlns:r="{OFFICE}/relationships">'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            [("worksheet", f"worksheets/sheet{number}.xml") for number in (1, 2, 3)] + [("styles", "styles.xml")]
        ),
        "xl/styles.xml": f"{XML}<styleSheet {namespace}>{formats}"
        '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
        f'<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5">{cells}</cellXfs></styleSheet>',
    }
    for number, text in enumerate([plan, quality, lists], 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = text
    return archive(parts)


# ---- .ods ------------------------------------------------------------------------------------------------------------


def ods_cell(value: object) -> str:
    kind, shown = "", value
    match value:
        case datetime():
            kind = f'office:value-type="time" office:time-value="PT{value:%H}H{value:%M}M00S"'
            shown = f"{value:%H:%M}"
        case date():
            kind = f'office:value-type="date" office:date-value="{value}"'
        case int() | float():
            kind = f'office:value-type="float" office:value="{value}"'
        case _:
            kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(shown))}</text:p></table:table-cell>"


def meter_readings() -> bytes:
    rows: list[list[object]] = [["meter", "day", "time", "reading kWh", "origin"]]
    for number in range(24):
        day = date(2025, 1, 6) + timedelta(days=7 * (number // 2))
        time = datetime(2025, 1, 1, 6 + number % 2 * 12, number * 7 % 60)
        # Nothing but arithmetic: no meter ever showed these.
        reading = round(1000 + 500 * (number % 2) + number // 2 * 83.25 + number * number % 11 / 4, 2)
        rows.append([f"{number % 2 + 1:04}", day, time, reading, "synthetic"])
    lines = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'{XML}<office:document-content{names} office:version="1.3"><office:body><office:spreadsheet>'
        f'<table:table table:name="Readings">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'{XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return archive({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


# ---- .pdf ------------------------------------------------------------------------------------------------------------

GUIDE = [
    (
        "What a study is for",
        [
            "A life cycle study answers a question that somebody has. Before",
            "any number is collected, the question is written down, and who",
            "will read the answer.",
            "",
            "The functional unit says what is compared: not one cup against",
            "another, but a thousand drinks served warm.",
        ],
    ),
    (
        "What is counted",
        [
            "The inventory lists what goes in and what comes out, process by",
            "process. In German the whole is called Ökobilanz.",
            "",
            "Where a process has two products, its flows are shared between",
            "them; the report says by which rule.",
        ],
    ),
]


def page_of_text(heading: str, lines: list[str]) -> bytes:
    shown = [f"BT /F1 16 Tf 72 760 Td ({heading}) Tj ET"]
    for number, line in enumerate(lines):
        if line:
            shown.append(f"BT /F1 11 Tf 72 {728 - 16 * number} Td ({line}) Tj ET")
    return "\n".join(shown).encode("cp1252")


def reading_guide() -> bytes:
    # The third page is a drawing: what a scanner makes of a flow chart.
    drawing = b"0.5 w 100 600 160 60 re S 340 600 160 60 re S 260 630 m 340 630 l S 180 600 m 180 520 l 420 520 l S"
    contents = [page_of_text(heading, lines) for heading, lines in GUIDE] + [drawing]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects = [b"<< /Type /Catalog /Pages 2 0 R /Outlines 10 0 R >>", b"", font]
    for index, stream in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (5 + 2 * index)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects[1] = b"<< /Type /Pages /Count 3 /Kids [4 0 R 6 0 R 8 0 R] >>"
    objects.append(b"<< /Type /Outlines /First 11 0 R /Last 12 0 R /Count 2 >>")
    for index, (heading, _) in enumerate(GUIDE):
        beside = b"/Next 12 0 R" if index == 0 else b"/Prev 11 0 R"
        objects.append(
            b"<< /Title (%s) /Parent 10 0 R %s /Dest [%d 0 R /Fit] >>" % (heading.encode(), beside, 4 + 2 * index)
        )
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


# ---- .docx -----------------------------------------------------------------------------------------------------------

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(content: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}{content}</w:p>"


def word_table(rows: list[list[str]]) -> str:
    lines = ["".join(f"<w:tc>{paragraph(run(text))}</w:tc>" for text in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{line}</w:tr>' for line in lines)}</w:tbl>"


def repair_cafe() -> bytes:
    change = 'w:author="a" w:date="2025-01-01T00:00:00Z"'
    deleted = f'<w:del w:id="1" {change}><w:r><w:delText>dozens of </w:delText></w:r></w:del>'
    inserted = f'<w:ins w:id="2" {change}>{run("some ")}</w:ins>'
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    body = [
        paragraph(run("Handbook of a repair café"), "Title"),
        paragraph(run("For those who help, and for those who bring something.")),
        paragraph(run("Before we begin"), "Heading1"),
        paragraph(run("Every guest fills in a slip. We keep ") + deleted + inserted + run("spare fuses in the drawer.")),
        paragraph(run("What we mend"), "Heading1"),
        word_table(
            [
                ["thing", "usual fault", "who"],
                ["toaster", "a lever that does not hold", "Ina"],
                ["bicycle", "brakes, gears", "Jo"],
                ["coat", "a zip", "Mika"],
            ]
        ),
        paragraph(run("Microwave ovens stay closed.") + note),
        paragraph(run("When it can't be mended"), "Heading2"),
        paragraph(run("We say so, and where it can be taken.")),
    ]
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in [("Title", "Title"), ("Heading1", "heading 1"), ("Heading2", "heading 2")]
    )
    separator = '<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    notes = f'{separator}<w:footnote w:id="2">{paragraph(run("Their parts hold a charge for days."))}</w:footnote>'
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    return archive(
        {
            "[Content_Types].xml": content_types(
                {
                    "/word/document.xml": f"{main}.document.main+xml",
                    "/word/styles.xml": f"{main}.styles+xml",
                    "/word/footnotes.xml": f"{main}.footnotes+xml",
                    "/word/header1.xml": f"{main}.header+xml",
                }
            ),
            "_rels/.rels": relations([("officeDocument", "word/document.xml")]),
            "word/document.xml": f'{XML}<w:document xmlns:w="{WORD}" xmlns:r="{OFFICE}/relationships"><w:body>'
            f'{"".join(body)}<w:sectPr><w:headerReference w:type="default" r:id="rId3"/></w:sectPr>'
            "</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(
                [("styles", "styles.xml"), ("footnotes", "footnotes.xml"), ("header", "header1.xml")]
            ),
            "word/styles.xml": f'{XML}<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
            "word/footnotes.xml": f'{XML}<w:footnotes xmlns:w="{WORD}">{notes}</w:footnotes>',
            "word/header1.xml": f'{XML}<w:hdr xmlns:w="{WORD}">{paragraph(run("Draft"))}</w:hdr>',
        }
    )


# ---- .zip ------------------------------------------------------------------------------------------------------------


def old_shares() -> bytes:
    modes = ["mode,needs rails,needs a harbour", "road,false,false", "rail,true,false", "sea,false,true"]
    words = ["Leerfahrt", "Sammelgut", "Umschlag, gebrochen"]
    files = {"transport/modes.csv": modes, "transport/stichwörter.txt": words}
    return archive({name: "".join(f"{line}\n" for line in lines) for name, lines in files.items()})


FILES = {
    "Life Cycle Assessment/study_plan.xlsx": study_plan,
    "Life Cycle Assessment/reading_guide.pdf": reading_guide,
    "Examples (synthetic)/meter_readings.ods": meter_readings,
    "Circular Economy/repair_café.docx": repair_cafe,
    "Reference/from_the_old_drive.zip": old_shares,
}

old = []
for name, make in FILES.items():
    path = SAMPLE / name
    if "--check" not in sys.argv[1:]:
        path.write_bytes(make())
    elif not path.is_file() or path.read_bytes() != make():
        old.append(name)
if old:
    sys.exit(f"{', '.join(old)}: not what python3 tests/support/make_samples.py makes")
