"""Turns YAML that was read without a problem into a pack."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import UNSET

from authoring.source import (
    LANGUAGE_KEYS,
    CopiesSource,
    GateSource,
    OriginSource,
    PackSource,
    RuleSource,
    ScoreSource,
    SignSource,
    TitleSource,
    WordsSource,
)
from authoring.yaml_nodes import as_written, is_set
from rules.card import PackCard
from rules.pack import AtLeast, InForce, LegalGround, Mode, Origin, Pack, ProtectedSentences, Rule
from rules.score import Gate, Score
from rules.translation import Translation

_INSTALLED_SENTENCES = Path(__file__).with_name("protected")
SHIPPED_SENTENCES = (
    _INSTALLED_SENTENCES
    if _INSTALLED_SENTENCES.is_dir()
    else Path(__file__).resolve().parents[2] / "packs" / "protected"
)
"""The protected sentences of a folder of packs that has none of its own."""


def pack_of(source: PackSource, digest: str) -> Pack:
    """Return the pack that sources without a problem describe.

    It is unprotected in languages in which no protected sentences ship or are its own.
    """
    known = {path.stem for path in SHIPPED_SENTENCES.glob("*.txt")}
    known |= {str(own.language) for own in source.protected or ()}
    lacking = [code for code in source.languages if not known & {code, code.partition("-")[0]}]
    return Pack(
        id=str(source.id),
        version=source.version,
        title=_said(source.title),
        why=_said(source.why),
        category=str(source.category),
        keywords=_strings(source.keywords),
        ground=source.ground,
        legal_ground=LegalGround(source.legal_ground.text.strip(), str(source.legal_ground.url)),
        languages=_strings(source.languages),
        owner=source.owner.strip(),
        in_force=InForce(source.in_force.from_, source.in_force.until),
        mode=source.mode,
        campaign=str(source.campaign) if source.campaign else None,
        card=msgspec.convert(as_written(source.card), PackCard) if source.card else UNSET,
        expected_per_mille=source.expected_per_mille,
        origin=Origin(str(source.origin.url), str(source.origin.sha256))
        if isinstance(source.origin, OriginSource)
        else UNSET,
        protected=msgspec.convert(as_written(source.protected), tuple[ProtectedSentences, ...])
        if source.protected
        else UNSET,
        unprotected=_strings(lacking) or UNSET,
        rules=tuple(map(_rule_of, source.rules)),
        digest=digest,
        translations=_translations(source) or UNSET,
    )


def _rule_of(source: RuleSource) -> Rule:
    at_least = source.at_least
    return Rule(
        id=str(source.id),
        severity=source.severity,
        why=_said(source.why),
        groups=tuple(map(_group, groups_of(source))),
        at_least=AtLeast(at_least.n, _group(at_least.of)) if at_least else None,
        links=_strings(source.links or ()),
        within=None if source.within is UNSET else source.within,
        score=_score_of(source.score) if isinstance(source.score, ScoreSource) else None,
        except_=_strings(source.except_ or ()),
        unless=_strings(source.unless or ()),
        exact=source.exact,
        affixes=source.affixes or None,
        match=_strings(source.match or ()),
        ignore=_strings(source.ignore or ()),
        copies=str(source.copies.of) if isinstance(source.copies, CopiesSource) else "",
        mode=_mode_of(source),
    )


def _mode_of(source: RuleSource) -> Mode | None:
    """Return shadow, or None for the pack's mode: no rule is live in a shadow pack."""
    said = source.copies.mode if isinstance(source.copies, CopiesSource) else source.mode
    return Mode.SHADOW if said is Mode.SHADOW else None


def _translations(source: PackSource) -> dict[str, Translation]:
    """Return what the pack says in each language other than English, if it says anything."""
    found = {}
    for language in LANGUAGE_KEYS[1:]:
        whys = {str(rule.id): _said(rule.why, language) for rule in source.rules}
        words = Translation(
            title=_said(source.title, language),
            why=_said(source.why, language),
            rules={rule: why for rule, why in whys.items() if why},
        )
        if words != Translation():
            found[language] = words
    return found


def _said(words: str | TitleSource | WordsSource, language: str = "en") -> str:
    """Return the words in a language, or an empty text."""
    if isinstance(words, str):
        return words.strip() if language == "en" else ""
    return (getattr(words, language) or "").strip()


def _score_of(source: ScoreSource) -> Score:
    return Score(
        threshold=source.threshold,
        high=None if source.high is UNSET else source.high,
        reads=_gate_of(source.reads) if isinstance(source.reads, GateSource) else None,
        terms={str(term): weight for term, weight in weights_of(source.terms).items()},
        signs={str(sign): weight for sign, weight in weights_of(source.signs).items()},
        pinyin={str(term): weight for term, weight in weights_of(source.pinyin).items()},
    )


def _gate_of(source: GateSource) -> Gate:
    return Gate(str(source.script or ""), str(source.words_of or ""))


def weights_of(weights: object) -> dict[str, int]:
    """Return the weights that could be read, in the order of their keys."""
    pairs = weights.items() if isinstance(weights, dict) else ()
    return dict(sorted((key, value) for key, value in pairs if key and value))


def _strings(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(str, texts))


def _group(entries: Iterable[str | SignSource]) -> tuple[str, ...]:
    """Return the entries of a group as a rule keeps them: a sign is in braces."""
    return tuple(
        f"{{{entry.sign}}}" if isinstance(entry, SignSource) else str(entry) for entry in entries
    )


def groups_of(rule: RuleSource) -> list[list[str | SignSource]]:
    """Return the groups of `all`, or the one of `any`."""
    if is_set(rule.any_):
        return [rule.any_ or []]
    return [group or [] for group in rule.all_ or ()]
