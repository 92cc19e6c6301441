"""HTML becomes the text that a person would have read."""

from __future__ import annotations

import pytest

from connectors.html_text import html_to_text
from connectors.mime import parse_mail


@pytest.mark.parametrize(
    "hidden",
    [
        '<span style="display: NONE">x</span>',
        '<div style="visibility:hidden">x</div>',
        '<p style="color:red;font-size:0">x</p>',
        '<p style="font-size:0px !important;">x</p>',
        '<div style="mso-hide:all">x<b>y</b></div>',
        "<p hidden>x</p>",
        "<script>x</script>",
        "<style>x</style>",
        "<!-- x -->",
        "<noscript>x</noscript>",
        '<img src="https://t.example/x.gif" width="1" height="1" alt="x">',
    ],
)
def test_what_is_hidden_is_dropped(hidden: str) -> None:
    assert html_to_text(f"<p>before {hidden}after</p>").split() == ["before", "after"]


@pytest.mark.parametrize(
    "shown",
    [
        '<p style="font-size:0.9em">x</p>',
        '<p style="opacity:0.5">x</p>',
        '<p aria-hidden="true">x</p>',
        "<blockquote>x</blockquote>",
        '<img src="cid:1" alt="x">',
        "<pre>x</pre>",
        "<p>x",
        "x",
        "<table><tr><td>x</table>",
    ],
)
def test_what_is_shown_is_read(shown: str) -> None:
    assert html_to_text(shown).strip() == "x"


def test_lines_paragraphs_and_lists() -> None:
    html = "<p>一行目<br>二行目</p><div>三</div><div>四</div><ul><li>甲<li>乙</ul><pre>a\n  b</pre>"
    assert html_to_text(html) == "一行目\n二行目\n\n三\n四\n\n- 甲\n- 乙\n\na\n  b"


def test_a_link_shows_where_it_leads_unless_its_words_do() -> None:
    html = '<a href="https://a.example/">写真</a> <a href="https://b.example">https://b.example</a>'
    assert html_to_text(html) == "写真 <https://a.example/> https://b.example"


@pytest.mark.parametrize("tag", ['<blockquote type="cite">', '<blockquote class="gmail_quote">'])
def test_a_cited_block_is_marked_and_falls_from_the_new_text(tag: str) -> None:
    html = f"<div>まだ届きません。</div><div>2026/10/05 9:12、窓口のメール:</div>{tag}確認します。"
    found = parse_mail(b"From: a@b.jp\nContent-Type: text/html\n\n" + html.encode())
    assert "> 確認します。" in found.text
    assert found.new_text == "まだ届きません。"


def test_a_long_page_is_cut_and_images_inside_it_do_not_count() -> None:
    head = b"From: a@b.jp\nContent-Type: text/html\n\n"
    image = b'<img src="data:image/png;base64,' + b"A" * 1_200_000 + b'">'
    assert parse_mail(head + image + b"<p>broken").text == "broken"
    assert not any("html" in told for told in parse_mail(head + image).defects)
    assert any("html" in told for told in parse_mail(head + b"<p>x</p>" * 150_000).defects)
