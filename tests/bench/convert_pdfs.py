"""Makes PDFs as offices do: reports of 1 to 20 pages by three producers that write text in three ways.

fpdf2       the fonts every reader has, one byte a character; a picture on some pages
reportlab   an embedded TrueType subset; paragraphs, and a ruled table
typst       embedded OpenType subsets, ligatures and hyphens; two columns

For: folders of text PDFs whose reading can be timed. Not for: the hard cases; those are in corpora of real files.
"""

import io
import random
from pathlib import Path

SEED = 20260101
WORDS = (
    "the of and to in a emission water policy board supply chain worker safety carbon neutral target report audit "
    "région énergie déchets Wohngebäude biodiversity supplier ethics index efficient office figure financial risk"
).split()


class Author:
    """Writes paragraphs and tables, the same for a seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def sentence(self) -> str:
        words = self.draw.choices(WORDS, k=self.draw.randint(6, 18))
        return " ".join(words).capitalize() + f" {self.draw.randint(1, 9999)}."

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self.draw.randint(3, 8)))

    def table(self) -> list[list[str]]:
        return [[str(year), *(f"{self.draw.uniform(0, 999):.2f}" for _ in range(4))] for year in range(2015, 2026)]

    def picture(self) -> io.BytesIO:
        """A photograph as far as a PDF is concerned: a JPEG that does not pack well."""
        from PIL import Image

        file = io.BytesIO()
        Image.frombytes("RGB", (320, 200), self.draw.randbytes(320 * 200 * 3)).save(file, "JPEG", quality=60)
        file.seek(0)
        return file


def fpdf2_report(path: Path, pages: int, author: Author) -> None:
    from fpdf import FPDF

    pdf = FPDF()
    family = author.draw.choice(["helvetica", "times", "courier"])
    for n in range(pages):
        pdf.add_page()
        pdf.set_font(family, "B", 16)
        pdf.cell(text=f"{n + 1} {author.sentence()}"[:60], new_x="LMARGIN", new_y="NEXT")
        pdf.set_font(family, size=10)
        for _ in range(6):
            pdf.multi_cell(0, 5, author.paragraph(), new_x="LMARGIN", new_y="NEXT")
        if author.draw.random() < 0.2:
            pdf.image(author.picture(), x=60, y=220, w=80)
    pdf.output(str(path))


def reportlab_report(path: Path, pages: int, author: Author) -> None:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    body = ParagraphStyle("body", fontName="Vera", fontSize=9, leading=12, spaceAfter=8)
    title = ParagraphStyle("title", parent=body, fontSize=15, leading=20)
    rules = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("FONTNAME", (0, 0), (-1, -1), "Vera")]
    flow = []
    for n in range(pages):
        flow.append(Paragraph(f"{n + 1} {author.sentence()}"[:60], title))
        flow.extend(Paragraph(author.paragraph(), body) for _ in range(5))
        flow.append(Table(author.table(), style=rules))
        flow.append(PageBreak())
    SimpleDocTemplate(str(path), invariant=1).build(flow)


def typst_report(path: Path, pages: int, author: Author) -> None:
    import typst

    style = "#set page(columns: 2)\n#set par(justify: true)\n#set text(size: 10pt)\n"
    parts = []
    for n in range(pages):
        cells = ", ".join(f"[{cell}]" for row in author.table() for cell in row[:3])
        paragraphs = "\n\n".join(author.paragraph() for _ in range(7))
        parts.append(f"= {author.sentence()}\n{paragraphs}\n\n#table(columns: 3, {cells})")
    typst.compile((style + "\n#pagebreak()\n".join(parts)).encode(), output=str(path))


def make_pdfs(path: Path, files: int) -> None:
    path.mkdir(exist_ok=True)
    producers = [fpdf2_report, reportlab_report, typst_report]
    for n in range(files):
        author = Author(SEED + n)
        producers[n % 3](path / f"{n:03}.pdf", author.draw.randint(1, 20), author)
