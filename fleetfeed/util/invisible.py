"""Invisible characters: which of them are part of a text, and which only hide there.

A joiner in an emoji or in a Persian or Indic word, the letters of a flag, the variant
of an ideograph, a direction mark beside a letter: writing needs these. Anything else
that nobody sees makes a text read differently from what it says.
"""

import re

INVISIBLE = (
    "\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
"""All of them, as a class of `re` without its brackets."""

# Scripts that join letters, and pictures; a joiner between Latin letters is not seen.
_JOINING = (
    "\u0590-\u1fff\u20e3\u2190-\u2bff\u3030\u303d\u3297\u3299\ua800-\uabff"
    "\ufb1d-\ufdff\ufe0f\ufe70-\ufefc\U00010800-\U0001ffff"
)
# Thai, Lao, Myanmar and Khmer part words by a space without width.
_WITHOUT_BLANKS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_IDEOGRAPHS = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "\u200e\u200f\u061c"
_SEEN = rf"[^\s{INVISIBLE}]"
# A black flag, then the region's letters as tags, and the tag that ends them (UTS #51).
_REGION = "[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,8}\U000e007f"
_OF_TEXT = (
    rf"(?<=[{_JOINING}])[\u200c\u200d]|(?<=[{_WITHOUT_BLANKS}])\u200b"
    rf"|(?<=[{_IDEOGRAPHS}])[\U000e0100-\U000e01ef]|(?<=\U0001f3f4){_REGION}"
    rf"|(?<={_SEEN})[{_MARKS}]|[{_MARKS}](?={_SEEN})"
)


def masked(text: str) -> str:
    """`text`, as long as it is, with an `x` for each invisible character of its own."""
    if text.isascii() or not re.search(f"[{INVISIBLE}]", text):
        return text
    return re.sub(_OF_TEXT, lambda match: "x" * len(match[0]), text)
