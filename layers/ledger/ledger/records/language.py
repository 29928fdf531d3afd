"""Languages as they are counted: a sender writes the field, so only known tags are shown."""

import re

_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-[a-z0-9]{1,8})*")

LANGUAGES = frozenset(
    # ISO 639-1, and beside it some languages of public channels that have three letters only
    """aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
    de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz
    ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln
    lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi
    pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
    tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    ace ban bjn bug ceb ckb fil hil ilo mad min nds pap pcm tet und war yue""".split()  # noqa: SIM905 - a list of two hundred strings is no easier to read
)
SCRIPTS = frozenset({"arab", "cyrl", "deva", "hans", "hant", "latn"})


def language_of(tag: str | None) -> str:
    """A language tag (BCP 47) cut to language and script: `und` for none, `other` if unknown.

    >>> [language_of(tag) for tag in ("zh-Hant-TW", "EN_us", "id", "my name is", "xxx", "", None)]
    ['zh-hant', 'en', 'id', 'other', 'other', 'und', 'und']
    """
    if not tag:
        return "und"
    found = _TAG.fullmatch(tag.lower().replace("_", "-"))
    if found is None or found[1] not in LANGUAGES:
        return "other"
    return f"{found[1]}-{found[2]}" if found[2] in SCRIPTS else found[1]
