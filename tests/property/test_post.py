"""The fast way through a line and the slow one agree, whatever is done to the record."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from support.sample_posts import POST, line

from ledger.codes import Code, Refusal
from ledger.posts import FIELDS, _explain, read_fields, read_line

TEXTS = st.text(alphabet=st.sampled_from('a"\\[]{},:\u00e9\U0001f600\u200b\n\x00 '), max_size=8)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**54), st.floats(), TEXTS,
    st.sampled_from(["", "x" * 200, "x" * 201, "e", "id", "public", 10**400, "y" * 2049]),
    st.sampled_from(["2026-11-25T10:00:00Z", "2026-11-25T10:00:00", "1989-01-01T00:00:00Z",
                     "2026-11-25 10:00:00+0700", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z"]),
    st.lists(TEXTS, max_size=3), st.lists(st.integers(), max_size=2),
    st.lists(st.just("l"), min_size=50, max_size=101),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)  # fmt: skip
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXTS.filter(bool), "account": TEXTS.filter(bool), "text": TEXTS,
    "audience": st.just("public"),
    "published_at": st.sampled_from(["2026-11-25T10:00:00Z", "2026-11-25T10:00:00.5-03:30"]),
    "language": st.sampled_from(["id", "zh-Hant"]), "url": TEXTS, "reach": st.integers(0, 2**53),
    "links": st.lists(TEXTS, max_size=3), "media_text": st.lists(TEXTS, max_size=3),
}  # fmt: skip
NAMES = st.one_of(st.sampled_from([*FIELDS, "likes", "Audience"]), TEXTS)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A good record in some order, some of its members changed, added or doubled, then written."""
    optional = draw(st.sets(st.sampled_from(list(FIELDS)[5:])))
    members = [(name, draw(GOOD[name])) for name in FIELDS if name in POST or name in optional]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(members) - 1))
        what = draw(st.sampled_from(["value", "name", "add", "again", "drop"]))
        name, value = members[place]
        match what:
            case "value":
                members[place] = (name, draw(VALUES))
            case "name":
                members[place] = (draw(NAMES), value)
            case "add":
                members.append((draw(NAMES), draw(VALUES)))
            case "again":
                members.append((name, draw(st.one_of(st.just(value), VALUES))))
            case "drop" if len(members) > 1:
                members.pop(place)
    written = [
        (json.dumps(name, ensure_ascii=draw(st.booleans())), json.dumps(value))
        for name, value in draw(st.permutations(members))
    ]
    gap = draw(st.sampled_from(["", " ", "\t\r"]))
    escaped = draw(st.booleans())
    body = ",".join(
        f"{gap}{name.replace('a', chr(92) + 'u0061') if escaped else name}{gap}:{gap}{value}"
        for name, value in written
    )
    return f"{{{body}}}{gap}".encode()


@given(records())
@example(line(id="\\", account="\\")[:-1] + b',"id":"1"}')
@example(line(text='\\"')[:-1] + b',"text":"1"}')
@example(line(url=None)[:-1] + b',"url":"1"}')
def test_the_fast_way_agrees_with_the_slow_one(given: bytes) -> None:
    assert read_line(given) == _explain(given)


@given(records(), st.data())
def test_broken_bytes_are_refused_and_nothing_else_happens(
    given: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(given) - 1))
    piece = data.draw(st.sampled_from([b"", b"\xff", b"\x00", b'"', b"\\", b"}", b"\xed\xa0\x80"]))
    broken = given[:place] + piece + given[place + 1 :]
    assert read_line(broken) == _explain(broken)


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES, max_size=2))
def test_fields_make_a_post_or_a_refusal_that_names_one_of_them(
    some: dict[str, Any], changes: dict[str, Any]
) -> None:
    for record in (some, POST | changes):
        found = read_fields(record)
        if isinstance(found, Refusal):
            assert found.field in FIELDS
            assert (found.code is Code.NOT_PUBLIC) == (record.get("audience") != "public")
        else:
            post, unknown = found
            assert all(getattr(post, name) is not None for name in POST)
            assert unknown == len(record.keys() - FIELDS.keys())
