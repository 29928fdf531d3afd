"""The engine finds what the obvious matcher finds, in every script and under every dress. Cases are
drawn by `random` from a seed that Hypothesis chooses and prints: drawn letter by letter, too few of
them would contain a match."""

from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from property.effort import share
from support import reference
from support.sample_packs import pack_of

from matcher import AtLeast, Hit, Matcher, Pack, Rule, Severity
from matcher.fold import FOLD, fold, normal_host, skeleton
from matcher.sign_catalogue import find_signs
from matcher.term import affixed_forms
from rules.pack import Affixes, sign_of

TEXTS_OF_PACK = 4

SPACED = ["otp", "code", "a", "Über", "рот", "код", "pot", "рука", "رمز", "كود", "कोड", "कि", "가",
          "각"]  # fmt: skip
SPACELESS = ["發", "验证码", "驗證碼", "验证", "转账", "ガ", "カ", "รหัส", "ที่", "ที"]
WORDS = SPACED + SPACELESS
SIGNS = ["", " ", " ", " ", "  ", "\n", "\u00a0", "-", "'", "’", ".", "，", "🔥", "_", "#", "@"]
GROUP_SIGNS = ["{link}", "{handle}", "{han-apart}", "{emoji-1}", "{repeated-phrase}", "{link}"]
GROUP_SIGNS += ["{messenger-link}", "{spaced-letters}", "{rare-domain}"]
LINKS = ["https://t.example/otp", "@otp", "www.a.example", "shop.example", "a.shop.example/otp"]
LINKS += ["http://b.example/码", "xn--mgbh0fb.example", "@a.b", "a@otp.example"]
LINKS += ["t.me/otp", "otp.com", "🔥", "b o m b"]
LINKS += ["sh0p.example", "www.shóp.example", "xn--shp-hna.example/a", "sh0p.exampl3"]
DRESS = [
    lambda c: chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c,
    lambda c: chr(0x1D41A + ord(c) - ord("a")) if "a" <= c <= "z" else c, lambda c: c + "\u200b",
    lambda c: "\u202e" + c, lambda c: c + "\u0301", lambda c: c + "\u064e", lambda c: c + "\u0640",
    lambda c: c + "\u0e48", lambda c: c + "\u0e19", str.upper,
    lambda c: {"验": "驗", "证": "證", "码": "碼", "转": "轉", "发": "髮", "發": "发"}.get(c, c),
    lambda c: {"o": "о", "p": "р", "e": "е", "c": "с", "a": "а", "t": "Т"}.get(c, c),
    lambda c: {"o": "ο", "т": "τ", "t": "τ"}.get(c, c),
    lambda c: {"р": "p", "о": "o", "к": "K", "а": "a", "у": "y"}.get(c, c),
]  # fmt: skip


def draw_term(random: Random) -> str:
    """A word or phrase, at times open at an end."""
    words = random.choices(WORDS, k=random.choice([1, 1, 1, 2, 3]))
    literal = random.choice([" ", " ", "-", ""]).join(words)
    return random.choice(["", "", "", "*"]) + literal + random.choice(["", "", "", "*"])


def draw_terms(random: Random, low: int, high: int) -> tuple[str, ...]:
    return tuple(draw_term(random) for _ in range(random.randint(low, high)))


def draw_group(random: Random, low: int, high: int) -> tuple[str, ...]:
    """Terms, and at times a sign."""
    sign = [random.choice(GROUP_SIGNS)] if random.random() < 0.25 else []
    return (*draw_terms(random, low - bool(sign), high), *sign)


def draw_rule(random: Random, number: int) -> Rule:
    """A rule of one to three groups, with anything that may go with them."""
    links = random.choice([(), (), (), ("shop.example",), ("example", "~shop.example")])
    counted = AtLeast(random.randint(2, 4), draw_group(random, 1, 4))
    at_least = random.choice([None, None, counted])
    return Rule(id=f"rule-{number}", severity=Severity.LOW, why="Tests.",
                groups=tuple(draw_group(random, 1, 3)
                             for _ in range(random.randint(not links and not at_least, 3))),
                at_least=at_least, links=links, within=random.choice([None, None, 0, 1, 3]),
                except_=draw_terms(random, 0, 2) if random.random() < 0.3 else (),
                unless=draw_terms(random, 1, 1) if random.random() < 0.3 else (),
                exact=random.random() < 0.2,
                affixes=Affixes.ID if random.random() < 0.1 else None)  # fmt: skip


def draw_text(random: Random, pack: Pack) -> str:
    """A text made mostly of a pack's own terms, parted anyhow, some letters dressed up."""
    rule = random.choice(pack.rules)
    lists = [*rule.groups * 2, *[rule.at_least.of if rule.at_least else ()] * 3, rule.except_,
             rule.unless, rule.links]  # fmt: skip
    spoken = [term.strip("*") for terms in lists for term in terms if not sign_of(term)]
    spoken = spoken or WORDS
    out = ""
    for _ in range(random.randint(1, 8)):
        piece = random.choice(random.choice([spoken, spoken, spoken, WORDS, LINKS]))
        if random.random() < 0.3:
            piece = piece.replace(" ", random.choice(SIGNS))
        if random.random() < 0.4:
            at, dress = random.randrange(len(piece)), random.choice(DRESS)
            end = random.choice([at + 1, len(piece)])
            piece = piece[:at] + "".join(map(dress, piece[at:end])) + piece[end:]
        out += piece + random.choice(SIGNS)
    return out


def draw_pack(random: Random) -> Pack:
    return pack_of(*(draw_rule(random, number) for number in range(3)))


def plainly(hits: tuple[Hit, ...]) -> list[reference.Found]:
    return [
        (hit.pack, hit.rule, tuple((s.part, s.start, s.end, s.term, s.evasion) for s in hit.spans))
        for hit in hits
    ]


class PlainMatcher(Matcher):
    """The engine without a look for words in disguise, which the reference does not know."""

    def __init__(self, packs: Iterable[Pack]):
        super().__init__(packs)
        self._evaluator.read_disguises = lambda *_: []


seeds = st.integers(0, 2**48)


@given(seeds)
@share(30, each=TEXTS_OF_PACK)
def test_the_engine_finds_what_the_reference_finds(seed: int) -> None:
    random = Random(seed)
    pack = draw_pack(random)
    matcher = PlainMatcher([pack])
    for _ in range(TEXTS_OF_PACK):
        text = draw_text(random, pack)
        assert plainly(matcher.find(text)) == reference.find([pack], text), text


@given(seeds)
@share(5)
def test_posts_of_several_parts_are_found_as_by_the_reference(seed: int) -> None:
    random = Random(seed)
    pack = draw_pack(random)
    urls = random.choices([*LINKS, "HTTPS://Shop.Example:443", "-"], k=random.randrange(3))
    post = [(f"links/{number}", url) for number, url in enumerate(urls)]
    post += [(name, draw_text(random, pack)) for name in ("text", "media_text/0")]
    random.shuffle(post)
    del post[random.randrange(len(post) + 1) :]
    assert plainly(PlainMatcher([pack]).find_posts([post])[0]) == reference.find_post(
        [pack], post
    ), post


@given(seeds)
@share(5, each=TEXTS_OF_PACK)
def test_many_texts_are_found_as_each_alone(seed: int) -> None:
    random = Random(seed)
    packs = [draw_pack(random)]
    texts = [draw_text(random, packs[0]) for _ in range(TEXTS_OF_PACK)]
    matcher = Matcher(packs)
    assert matcher.find_all(texts) == [matcher.find(text) for text in texts]


@given(seeds)
@share(5)
def test_spans_slice_to_what_folds_to_their_term(seed: int) -> None:
    random = Random(seed)
    pack = draw_pack(random)
    hosts = {host for rule in pack.rules for host in rule.links}
    text = draw_text(random, pack)
    for span in (span for hit in PlainMatcher([pack]).find(text) for span in hit.spans):
        found = text[span.start : span.end]
        if span.is_sign:
            assert (span.start, span.end) in find_signs(text, [span.term[1:-1]])[span.term[1:-1]]
        elif span.term in hosts:
            assert skeleton(normal_host(found)).endswith(skeleton(span.term.removeprefix("~")))
        else:
            assert fold(found) in {fold(form) for form in affixed_forms(span.term)}


@given(seeds)
@share(2.5)
def test_a_look_for_disguises_loses_nothing(seed: int) -> None:
    """But for windows that a disguised word cancels or excepts: so rules here have none."""
    random = Random(seed)
    rules = [draw_rule(random, number) for number in range(3)]
    pack = pack_of(*(replace(rule, except_=(), unless=()) for rule in rules))
    text = draw_text(random, pack)
    plain = {hit.rule for hit in PlainMatcher([pack]).find(text)}
    assert plain <= {hit.rule for hit in Matcher([pack]).find(text)}


@given(st.text(max_size=200))
@share(2.5)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=50), st.text(max_size=50))
@share(2.5)
def test_the_fold_has_no_context(left: str, right: str) -> None:
    assert (left + right).translate(FOLD) == left.translate(FOLD) + right.translate(FOLD)


@given(st.text(st.characters(codec=None), max_size=300))
@share(2.5)
def test_any_text_at_all_is_taken(text: str) -> None:
    """Lone surrogates, unassigned and private code points too."""
    rule = Rule(id="any-text", severity=Severity.LOW, why="Tests.", groups=(("a*", "1"),))
    Matcher([pack_of(rule)]).find(text)
