"""Paths of real trees' shapes, their like, and all ways to write a path as a key."""

from unicodedata import normalize

from hypothesis import strategies as st

NAMES = [
    # Next.js, Remix, SvelteKit
    "app", "[id]", "[[...slug]]", "[...rest]", "(group)", "(..)(..)photo", "@modal", "_app.tsx",
    "notes.$noteId.tsx", "+page.server.ts", "$", "~", "page.tsx", "Page.tsx", "route+.ts",
    # Rails, Python, Go, Rust, Java, Unity, docs
    "_form.html.erb", "hello.html+phone.erb", "__init__.py", "__pycache__", "test_a-b.py", "go.mod",
    "v2.0.0+incompatible", "mod.rs", "package-info.java", "Foo$Bar.java", "Main Scene.unity", "_index.md",
    # blanks, quotes, signs
    "my file.txt", " edge", "edge ", "a  b", "it's", 'say "hi"', "a&b=c;d,e", "a#1", "100%", "%2F.txt",
    "%41", "a%b", "a:b", "what?", "*", "**", "back\\slash", "{x}", "<y>", "a|b", "`c`", "!", "^", "...", "-", "_",
    # letters of the world, whole and in pieces
    "é", "e\u0301", "É", "Ünïcode", "ß", "ss", "SS", "ẞ", "Σ", "σ", "ς", "İ", "i\u0307", "ı", "I", "K", "k",
    "ﬁ", "fi", "ŉ", "Ω", "ω", "ᾳ", "αι", "α\u0345", "ά", "ά", "漢字", "한글", "한글", "файл", "ФАЙЛ",
    "й", "и\u0306", "नमस्ते", "می‌خواهم", "שלום", "Ꭰ", "ꭰ", "o\u0323\u0302", "o\u0302\u0323",
    "👩‍💻", "👩💻", "🇩🇪", "❤️", "❤", "a\u00a0b", "\u3000", "tab\there", "line\nend", "\u200b", "\ufeffx",
]  # fmt: skip

_LAWLESS = {"", ".", ".."}

names = st.one_of(
    st.sampled_from(NAMES),
    st.text(st.sampled_from("aA-_.%e\u0301é Åå:*İiı"), min_size=1, max_size=4),
    st.text(st.characters(exclude_characters="/\0", codec="utf-8"), max_size=5),
).filter(lambda name: name not in _LAWLESS)
paths = st.lists(names, min_size=1, max_size=4).map(tuple)


@st.composite
def like(draw, name):
    """`name`, or one that a file system may take for it."""
    change = draw(
        st.sampled_from(
            [
                str,
                str.swapcase,
                str.upper,
                str.lower,
                str.casefold,
                lambda text: normalize("NFD", text),
                lambda text: normalize("NFC", text),
                lambda text: text.replace("_", "-"),
                lambda text: text.replace("-", "_"),
                lambda text: text + "x",
            ]
        )
    )
    return change(name)


@st.composite
def pairs(draw):
    """Two paths: often one in two forms, or one within the other."""
    one = draw(paths)
    if draw(st.integers(0, 4)) == 0:
        return one, draw(paths)
    two = tuple(draw(like(name)) for name in one)
    two = two[: draw(st.integers(1, len(two)))]
    more = draw(st.lists(names, max_size=1))
    return draw(st.permutations([one, (*two, *more)]))


@st.composite
def spellings(draw, path):
    """An artifact that spells `path`: what may be escaped is, or is not."""
    written = []
    for name in path:
        last = len(name) - 1
        chars = [
            _escaped(draw, ch)
            if _must(ch, edge=at in (0, last)) or draw(st.integers(0, 3)) == 0
            else ch
            for at, ch in enumerate(name)
        ]
        written += [draw(st.sampled_from("/:")), "".join(chars)]
    return "".join(written[1:])


# Printable to Python, and unseen: the joiner of marks, and the signs of variants.
_UNSEEN = "\u034f" + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10))))


def _must(ch, *, edge):
    unseen = not ch.isprintable() or ch in _UNSEEN
    return ch in "%:*?\\" or unseen or (edge and ch == " ")


def _escaped(draw, ch):
    digits = draw(st.sampled_from(["%02x", "%02X"]))
    return "".join("%" + digits % byte for byte in ch.encode())
