"""Documents for people: written as Markdown from a template, shown as it is, as one HTML page, or as PDF.

A page needs nothing else: no script, no font and no picture from anywhere. What a document says is in its template and
the module beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dvz_assets.errors import DvzError
from dvz_assets.report.templates import html_template, markdown_template
from dvz_assets.words import texts


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the language that was spoken when it was made."""

    title: str
    markdown: str
    language: str
    draft: bool = False

    @property
    def html(self) -> str:
        """One page that needs nothing else."""
        from markdown_it import MarkdownIt

        reader = MarkdownIt("commonmark", {"html": False}).enable("table")
        body = Markup(reader.render(self.markdown))  # noqa: S704 - of our own templates, whose values are escaped
        page = html_template("document.html.j2")
        with texts.speaking(self.language):
            return page.render(title=self.title, language=self.language, draft=self.draft, body=body)

    @property
    def pdf(self) -> bytes:
        """The same on paper; raises DvzError when the extra is not installed."""
        try:
            from weasyprint import HTML
        except (ImportError, OSError):  # without the package, or without Pango
            raise DvzError(
                "EXTRA_MISSING",
                expected="the extra pdf (WeasyPrint), and Pango of the system",
                found="not installed",
                remedy="pip install dvz-assets[pdf]; apt install libpango-1.0-0 libpangoft2-1.0-0; or ask for HTML",
            ) from None
        # nothing is fetched: a document has no picture and no font of its own
        content: bytes = HTML(string=self.html, url_fetcher=_nothing).write_pdf(pdf_tags=True, pdf_variant="pdf/ua-1")
        return content


def _nothing(url: str) -> None:
    raise ValueError("a document fetches nothing")


def document(template: str, title: str, *, draft: bool = False, **values: Any) -> Document:
    """Fill a template with values, in the language spoken; texts in it are said there."""
    filled = markdown_template(template).render(title=title, draft=draft, **values)
    return Document(title, filled, texts.language_spoken(), draft)


def write_document(made: Document, html: Path | None, pdf: Path | None, show: Callable[[str], None]) -> None:
    """Write a document to the files asked for, readable by its owner alone; show it as Markdown where none is."""
    # all of it before any file is touched
    files = {html: made.html.encode()} if html else {}
    if pdf:
        files[pdf] = made.pdf
    if not files:
        show(made.markdown)
    for path, content in files.items():
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(content)
        show(texts.say("Written: {path}", path=path))
