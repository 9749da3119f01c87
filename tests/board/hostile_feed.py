"""A feed of everything hostile: the corpora, and posts that would like to run."""

from board.scenes import files
from harness import claim, path, post
from hostile.corpus import ROWS
from hostile.test_posts import ROWS as POSTS
from hostile.texts import BODIES, REFUSED, TITLES

ELSEWHERE = "http://elsewhere.invalid/x"
RUNS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea></select></option><img src=x onerror=alert(1)>",
    f'"><img src={ELSEWHERE} onerror=alert(1)>',
    f"' onmouseover='fetch(\"{ELSEWHERE}\")' x='",
    f"<svg onload=fetch('{ELSEWHERE}')><use href='{ELSEWHERE}#a'/>",
    f"<iframe srcdoc='<script>alert(1)</script>' src={ELSEWHERE}></iframe>",
    f"<link rel=stylesheet href={ELSEWHERE}><base href={ELSEWHERE}>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
    f"<form action={ELSEWHERE}><button formaction=javascript:alert(1) autofocus>",
    '<!--<script>--><math><mi//xlink:href="data:x,<script>alert(1)</script>">',
    "{{ 7 * 7 }}{% raw %}{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "javascript:alert(1)//#state=<img src=x onerror=alert(1)>",
    f"`${{fetch('{ELSEWHERE}')}}` @import url({ELSEWHERE});",
    f"[bold red]x[/] [@click=app.quit]x[/] [link={ELSEWHERE}]x[/link] [/] [[",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img&#62;",
    "x" * 3000,
    "́" * 300 + "Z͑ͫ̓a",
]  # fmt: skip


def hostile_files():
    """Each of them as a subject, a person, a surface, a seat or a whole post."""
    made, number = files(), 100

    def put(text, at=None):
        nonlocal number
        number += 1
        item = f"CMB-{number:04d}"
        data = text(item) if callable(text) else text
        data = (
            data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        )
        made[path(item)[5:]] = data
        del at

    for text in (*RUNS, *TITLES.values()):
        put(
            lambda item, text=text: post(
                item=item, subject=text, accountable=text, seat="CAMBER-06"
            )
        )
    for text in RUNS:
        key = "CAMBER:file:" + text.replace("\n", " ")[:900]
        put(
            lambda item, key=key: claim(
                item, key, seat="CAMBER-06", at="2026-11-30T10:00:00Z"
            )
        )
        put(
            lambda item, key=key: post(
                item=item, state="PARKED", turn="1", surface_key=key, seat="ORA-02"
            )
        )
        put(
            lambda item, text=text: post(
                item=item, state="BLOCKED", reason=text, body=text
            )
        )
    for text in (*BODIES.values(), *REFUSED.values()):
        put(
            lambda item, text=text: post(
                item=item, subject=text, accountable=[text, text]
            )
        )
    for row in ROWS:
        put(row.data)
    for row in POSTS:
        put(lambda item, row=row: row.text.replace("CMB-0001", item))
    return made
