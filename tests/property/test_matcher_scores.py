"""Scored rules find what the obvious sum of weights finds, alone and together, hit or not."""

import re
from functools import cache
from itertools import groupby
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from property import test_matcher_reference
from property.effort import share
from property.test_matcher_dressed import WORDS as DRESSED_WORDS
from property.test_matcher_dressed import draw_texts
from support import reference
from support.sample_packs import pack_of

from matcher import Hit, Matcher, Mode, Pack, Rule, Severity, engine, hit, load_packs
from matcher.candidates import LOOKALIKES, STAR, fit_of
from matcher.term import pattern_of
from matcher.vocabulary import MaskedWords
from rules.pack import Affixes
from rules.pack_parts import Gate, Score

SOUNDING = ((("jia", "wei"), ("加佳家傢", "微薇喂威衛")), (("yan", "zheng"), ("验驗言", "证証正")),
            (("zheng", "ma"), ("证證政", "码馬吗")),
            (("ka", "jie", "hui"), ("卡咔", "接街", "回会茴")))  # fmt: skip
"""Syllables, and letters of each: simplified, traditional and rare ones."""

SIGNS_DRAWN = ("link", "rare-domain", "dressed-letters", "letters-digits", "emoji-1", "handle")
seeds = st.integers(0, 2**48)


def draw_weights(random: Random, terms: list[str]) -> dict[str, int]:
    by_pattern = {pattern_of(term): term for term in terms if pattern_of(term)}
    return {term: random.choice([-9, -2, -1, 1, 2, 3, 5, 9]) for term in by_pattern.values()}


def draw_signs(random: Random) -> dict[str, int]:
    drawn = random.sample(SIGNS_DRAWN, random.choice([0, 0, 2, 4]))
    return {sign: random.choice([-5, -1, 2, 4]) for sign in drawn}


def draw_pinyin(random: Random) -> dict[str, int]:
    drawn = random.sample(SOUNDING, random.choice([0, 0, 1, 3]))
    return {"-".join(syllables): random.choice([-3, 2, 4, 6]) for syllables, _ in drawn}


def draw_homophones(random: Random, text: str) -> str:
    """A text with letters that sound like terms in pinyin at some places, whole or apart."""
    for _ in range(random.choice([0, 1, 2])):
        _, letters = random.choice(SOUNDING)
        between = random.choice(["", "", "", "\u200b", " ", "-"])
        at = random.randrange(len(text) + 1)
        text = text[:at] + between.join(map(random.choice, letters)) + text[at:]
    return text


def draw_scored(random: Random, number: int, terms: list[str]) -> Rule:
    return Rule(
        id=f"scored-{number}",
        severity=Severity.LOW,
        why="Tests.",
        score=Score(random.choice([1, 3, 6, 10]), 12,
                    random.choice([None, None, Gate("Latin"), Gate("", "en"), Gate("Han", "id")]),
                    draw_weights(random, terms), signs=draw_signs(random),
                    pinyin=draw_pinyin(random)),
        except_=test_matcher_reference.draw_terms(random, 1, 1) if random.random() < 0.15 else (),
        unless=test_matcher_reference.draw_terms(random, 1, 1) if random.random() < 0.15 else (),
        exact=random.random() < 0.2,
        affixes=Affixes.ID if random.random() < 0.1 else None,
    )  # fmt: skip


def draw_pack(random: Random) -> Pack:
    """Scored rules, which share some of their terms with others and with a rule of groups."""
    shared = [test_matcher_reference.draw_term(random) for _ in range(3)]
    scored = (
        draw_scored(
            random, number, [*shared, *(test_matcher_reference.draw_term(random) for _ in range(4))]
        )
        for number in range(2)
    )
    return pack_of(*scored, test_matcher_reference.draw_rule(random, 2))


def spoken(random: Random, pack: Pack) -> str:
    """A text of the pack's terms, which `draw_text` takes from groups."""
    rules = [
        Rule(
            id=rule.id, severity=rule.severity, why=rule.why, groups=rule.term_groups,
            except_=rule.except_, unless=rule.unless, links=rule.links)
        for rule in pack.rules
    ]  # fmt: skip
    return test_matcher_reference.draw_text(random, pack_of(*rules))


LENGTHENED = ("", "", "", " some plain words", "。说 说而已 ", " 𝐩𝐥𝐚𝐢𝐧 ½ﷺ ท ")
"""What makes a text long, so that its length takes points off."""

PARTS = (["text"], ["text"], ["media_text/0", "text"], ["text", "links/0"], ["links/0"], [])


def draw_post(random: Random, pack: Pack) -> list[tuple[str, str]]:
    names = random.choice(PARTS)
    return [
        (
            name,
            random.choice(test_matcher_reference.LINKS)
            if name == "links/0"
            else draw_homophones(random, spoken(random, pack))
            + random.choice(LENGTHENED) * random.randrange(40),
        )
        for name in names
    ]


def weighed(hit: Hit) -> reference.Weighed:
    spans = tuple((s.part, s.start, s.end, s.term, s.evasion, s.weight or 0) for s in hit.spans)
    return hit.score or 0, spans


def expect(matcher: Matcher, pack: Pack, post: list[tuple[str, str]]) -> None:
    hits = {hit.rule: hit for hit in matcher.find_posts([post])[0]}
    [scores] = matcher.scores([post])
    for rule in pack.rules:
        if rule.score is None:
            assert (rule.id in hits) == (reference.spans_of(rule, post) is not None), post
            continue
        total, spans = reference.weigh_post(rule, post)
        assert scores[f"{pack.id}/{rule.id}"] == total, post
        assert (rule.id in hits) == (total >= rule.score.threshold), post
        if rule.id in hits:
            assert weighed(hits[rule.id]) == (total, spans), post
            assert hits[rule.id].threshold == rule.score.threshold
            assert hits[rule.id].severity == (Severity.HIGH if total >= 12 else Severity.LOW)


@given(seeds)
@share(10, each=test_matcher_reference.TEXTS_OF_PACK)
def test_a_score_is_the_sum_of_the_terms_that_the_reference_finds(seed: int) -> None:
    random = Random(seed)
    pack = draw_pack(random)
    matcher = test_matcher_reference.PlainMatcher([pack])
    for _ in range(test_matcher_reference.TEXTS_OF_PACK):
        expect(matcher, pack, draw_post(random, pack))


@given(seeds)
@share(10)
def test_scores_of_posts_together_are_those_of_each_alone(seed: int) -> None:
    random = Random(seed)
    pack = draw_pack(random)
    posts = [draw_post(random, pack) for _ in range(random.randrange(12))]
    matcher = Matcher([pack])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "FIRST_BATCH", 0)
        patch.setattr(engine, "BATCH", 0)
        together = matcher.results(posts)
        patch.setattr(engine, "BATCH", len(posts) + 1)
        assert together == matcher.results(posts)


@cache
def shipped() -> tuple[list[Pack], Matcher]:
    packs = load_packs(Path(__file__).parents[2] / "packs")
    return packs, Matcher(packs)


def draw_matcher(random: Random, patch: pytest.MonkeyPatch) -> tuple[Matcher, Pack]:
    """One of the shipped packs, or of drawn rules of which scored ones may be live, too."""
    if random.random() < 0.4:
        packs, matcher = shipped()
        pack = random.choice(packs)
        return matcher, replace(pack, rules=tuple(random.choices(pack.rules, k=2)))
    patch.setattr(Pack, "mode_of", lambda _, rule: rule.mode or Mode.SHADOW)
    rules = [*draw_pack(random).rules, test_matcher_reference.draw_rule(random, 3)]
    pack = pack_of(*(replace(rule, mode=random.choice([Mode.LIVE, None])) for rule in rules))
    return Matcher([pack]), pack


FURTHER = ("", "", " b0mb", " o.t.p", " otр", "。免费", " never share", " @otp t.me/otp", " j'otp")


def draw_long_post(random: Random, pack: Pack) -> list[tuple[str, str]]:
    """A post that may repeat its terms so often that it takes many steps."""
    times, further = random.choice([1, 1, 1, 30]), random.choice(FURTHER)
    return [(name, (text + further) * times) for name, text in draw_post(random, pack)]


@given(seeds)
@share(15)
def test_a_counted_hit_is_the_hit_without_its_places(seed: int) -> None:
    """Alone and together, and of posts that are read in part."""
    random = Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        matcher, pack = draw_matcher(random, patch)
        posts = [draw_long_post(random, pack) for _ in range(random.randrange(8))]
        patch.setattr(engine, "FIRST_BATCH", 0)
        patch.setattr(engine, "BATCH", random.choice([0, len(posts) + 1]))
        patch.setattr(hit, "STEPS_AT_LEAST", random.choice([100, 100, 10, 3, 0]))
        patch.setattr(hit, "STEPS_PER_POINT", random.choice([1 / 8, 1 / 8, 0.02, 0]))
        counted = matcher.results(posts, shadow_places=False)
        for post, (hits, partly_read) in zip(matcher.results(posts), counted, strict=True):
            bare = [
                replace(of_rule, spans=(), spans_capped=False, score=None)
                if of_rule.mode is Mode.SHADOW
                else of_rule
                for of_rule in post.hits
            ]
            assert (list(hits), partly_read) == (bare, post.partly_read), posts


@given(seeds)
@share(5, each=test_matcher_reference.TEXTS_OF_PACK)
def test_a_disguised_text_has_the_score_of_the_plain_one(seed: int) -> None:
    random = Random(seed)
    terms = [" ".join(random.sample(DRESSED_WORDS, random.choice([1, 1, 2]))) for _ in range(8)]
    rule = Rule(
        id="scored", severity=Severity.LOW, why="Tests.",
        score=Score(1, None, None, draw_weights(random, terms)),
    )  # fmt: skip
    pack = pack_of(rule)
    matcher = Matcher([pack])
    spoken_of = pack_of(
        Rule(id="any", severity=Severity.LOW, why="Tests.", groups=rule.term_groups)
    )
    for _ in range(test_matcher_reference.TEXTS_OF_PACK):
        plain, dressed, _ = draw_texts(random, spoken_of)
        [scores] = matcher.scores([[("text", dressed)]])
        total, _ = reference.weigh(rule, "text", plain)
        assert scores == {"a-pack/scored": total}, (plain, dressed)


LETTERS = "ilaos1"


def signs_of(letter: str) -> str:
    """Return the signs that may replace a letter."""
    return "".join(sign for sign, letters in LOOKALIKES.items() if letter in letters)


def units_of(random: Random, word: str) -> str:
    """Return a word with signs for letters, stretched and masked at some places."""
    units = ""
    for letter in word:
        kind = random.random()
        signs = signs_of(letter)
        if kind < 0.2:
            units += STAR * random.choice([1, 1, 2])
        elif kind < 0.5 and signs:
            units += random.choice(signs) * random.choice([1, 1, 3])
        else:
            units += random.choice([letter, letter, letter, random.choice(LETTERS), letter * 3])
    return units


def reference_fit(word: str, units: str) -> bool:
    """Search by a pattern with a group for each run of a letter."""
    stretched = re.search(r"([^\W\d])\1\1|(?<=[^\W\d])(\d)\2\2(?=[^\W\d])", units)
    groups = []
    for letter, run in groupby(word):
        length = len(list(run))
        more = "," if stretched and letter.isalpha() else ""
        groups.append(f"[{re.escape(letter + signs_of(letter))}]{{{length}{more}}}")
    return bool(re.fullmatch("".join(groups), units))


def reference_like(word: str, units: str, free: int) -> bool:
    """Search by a pattern with a group for each run of stars."""
    pattern = ""
    for is_star, run in groupby(units, STAR.__eq__):
        kept = list(run)
        size = len(kept)
        if is_star:
            pattern += f".{{1,{max(2, size)}}}" if size <= free else f".{{{size}}}"
        else:
            pattern += "".join(f"[{re.escape(unit + LOOKALIKES.get(unit, ''))}]" for unit in kept)
    return bool(re.fullmatch(pattern, word))


@given(seeds)
@share(5)
def test_a_fit_is_found_where_a_pattern_finds_one(seed: int) -> None:
    random = Random(seed)
    word = "".join(random.choices(LETTERS, k=random.randrange(2, 7)))
    units = units_of(random, word).replace(STAR, "i")
    fit = fit_of(word, units)
    assert (fit is not None) == reference_fit(word, units)
    if fit is not None:
        assert fit == sorted(set(fit)) or fit[-1] == len(units) - 1
        assert len(fit) == len(word)
        for letter, at in zip(word, fit, strict=True):
            assert units[at] in letter + signs_of(letter)


@given(seeds)
@share(5)
def test_masked_words_are_those_that_a_pattern_finds(seed: int) -> None:
    random = Random(seed)
    words = ["".join(random.choices(LETTERS, k=random.randrange(2, 6))) for _ in range(30)]
    units = units_of(random, random.choice(words))
    free = random.choice([1, 2])
    whole, parts = (MaskedWords((word, closes) for word in words) for closes in (True, False))
    found = {words[number] for number, _, _ in whole.like(units, free)}
    assert found == {word for word in words if reference_like(word, units, free)}
    begun = {(words[number], last) for number, last, _ in parts.like(units, free)}
    ends = range(1, len(units) + 1)
    assert begun == {
        (word, end) for end in ends for word in words if reference_like(word, units[:end], free)
    }
