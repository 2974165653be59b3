"""The words of web pages and Markdown texts, without their markup."""

from __future__ import annotations

from dataclasses import replace

from classifier.errors import InputError
from classifier.text.article import Article


def page_article(article: Article, data: bytes) -> Article:
    """The article with the main text of a page, its title, date, outlet and language.

    Raises:
        InputError: no article text is found.
    """
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    found = bare_extraction(data, with_metadata=True)
    if not isinstance(found, Document) or not found.text:
        raise InputError(f"{article.origin}: no article text found in this page")
    return replace(
        article,
        text=found.text,
        title=found.title,
        date=found.date,
        outlet=found.sitename or found.hostname,
        lang=found.language,
    )


def markdown_text(text: str) -> str:
    """The words of a Markdown text, block by block, without its markup."""
    from markdown_it import MarkdownIt

    blocks = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "inline":
            breaks = {"softbreak": " ", "hardbreak": "\n"}
            blocks.append(
                "".join(breaks.get(child.type, child.content) for child in token.children or ())
            )
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.rstrip())
    return "\n\n".join(blocks)
