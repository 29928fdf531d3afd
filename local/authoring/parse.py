"""YAML to a pack: structure, bounds, and what may be said in it. Examples are run elsewhere."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain

import yaml

from authoring.wording import host_fault, term_fault, term_warning
from authoring.yaml_nodes import Fields, compose, line_of, strings
from matcher.terms.affixes import affixed_forms
from matcher.terms.term import Term
from rules.categories import KEYWORDS, LINK_CATEGORIES, TERMS_ONLY, category_fault, keyword_fault
from rules.pack import (
    DAYS_IN_FORCE,
    GROUPS_IN_RULE,
    MOST_AT_LEAST,
    PACK_BYTES,
    RULES_IN_PACK,
    TERMS_IN_PACK,
    Affixes,
    AtLeast,
    Ground,
    InForce,
    LegalGround,
    Mode,
    Pack,
    PackError,
    Problem,
    Rule,
    Severity,
)

PACK_KEYS = (
    "id", "version", "title", "why", "category", "keywords", "ground", "legal_ground", "languages",
    "owner", "in_force", "mode", "campaign", "rules",
)  # fmt: skip
RULE_KEYS = (
    "id", "severity", "why", "all", "any", "at_least", "links", "within", "except", "unless",
    "exact", "affixes", "match", "ignore",
)  # fmt: skip
ID = r"[a-z0-9][a-z0-9-]{2,39}"
_ID_MEANS = "3 to 40 of a-z, 0-9 and -, and begin with a letter or digit"
CAMPAIGN = rf"(?!\d{{4}}-\d{{2}}(-\d{{2}})?$){ID}"
_CAMPAIGN_MEANS = f"{_ID_MEANS}, and be no month or day, since those name other summaries"
LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
URL = r"https?://\S+"
WORDS_IN_PART = 65_536
PROBLEMS_IN_PACK = 200
"""Problems of one file after which reading stops: nobody mends more at a time."""


@dataclass(frozen=True)
class PackFile:
    """A pack that was read, with the lines of what later checks speak of.

    `lines` goes from `("id",)`, `("in_force",)`, `(rule id,)` and `(rule id, kind, text)`, where
    kind is match, ignore, links, except, unless, or the number of a group, to a line. The group of
    `at_least` comes after those of `all`.
    """

    pack: Pack
    name: str
    lines: dict[tuple[str, ...], int]
    warnings: tuple[Problem, ...]

    def problem(self, key: tuple[str, ...], message: str, rule: str | None = None) -> Problem:
        """A problem of this file at what `key` names in `lines`."""
        return Problem(self.name, self.lines[key], rule, message)


def read_pack(text: str, name: str) -> PackFile:
    """Read one pack.

    Raises:
        PackError: With every problem found, in the order of lines; with the first
            PROBLEMS_IN_PACK if there are more.
    """
    reader = _Reader(name)
    size = len(text.encode("utf-8", "surrogatepass"))
    pack = None
    if size > PACK_BYTES:
        reader.report(1, f"a pack has at most {PACK_BYTES:,} bytes, this one {size:,}; divide it")
    elif top := compose(text, reader.report):
        pack = reader.pack(top, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    if pack is None or reader.problems:
        raise PackError(reader.sorted_problems())
    return PackFile(pack, name, reader.lines, tuple(reader.warnings))


@dataclass
class _Reader:
    """Collects what is wrong with one file while it is read; `rule` is the one being read."""

    name: str
    rule: str | None = None
    terms: int = 0
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def report(self, line: int, message: str) -> None:
        """Keep a problem. Raise PackError when there are PROBLEMS_IN_PACK of them."""
        self.problems.append(Problem(self.name, line, self.rule, message))
        if len(self.problems) == PROBLEMS_IN_PACK:
            message = f"reading stopped after {PROBLEMS_IN_PACK} problems; mend these first"
            raise PackError([*self.sorted_problems(), Problem(self.name, line, None, message)])

    def sorted_problems(self) -> list[Problem]:
        """Return the problems in the order of lines."""
        return sorted(self.problems, key=lambda problem: problem.line)

    def warn(self, line: int, message: str) -> None:
        self.warnings.append(Problem(self.name, line, self.rule, message))

    def pack(self, top: yaml.MappingNode, digest: str) -> Pack:
        fields = Fields.of(top, PACK_KEYS, self.report)
        version = fields.number("version", 1, 10**9) if fields.has("version", required=True) else 1
        self.lines["id",] = fields.line("id")
        category, keywords = self._category(fields)
        ground = fields.choice("ground", Ground)
        if category in TERMS_ONLY and ground is not Ground.TERMS:
            self.report(fields.line("ground"), f"{category} is no breach of law; say ground: terms")
        campaign = "campaign" in fields.nodes
        return Pack(
            id=fields.text("id", ID, _ID_MEANS),
            version=version,
            title=fields.text("title", r".{0,199}\S.{0,199}", "one line of at most 200 letters"),
            why=fields.text("why"),
            category=category,
            keywords=keywords,
            ground=ground,
            legal_ground=self._legal_ground(fields),
            languages=self._languages(fields),
            owner=fields.text("owner"),
            in_force=self._in_force(fields),
            mode=fields.choice("mode", Mode, Mode.LIVE),
            campaign=fields.text("campaign", CAMPAIGN, _CAMPAIGN_MEANS) if campaign else None,
            rules=self._rules(fields, category),
            digest=digest,
        )

    def _category(self, fields: Fields) -> tuple[str, tuple[str, ...]]:
        category = fields.text("category", r"\w+", "a category of the DSA")
        keywords = fields.texts("keywords", required=True)
        fault = category_fault(category) if category else None
        if fault:
            self.report(fields.line("category"), fault)
        elif category:
            for line, keyword in keywords:
                if fault := keyword_fault(category, keyword):
                    self.report(line, fault)
            if not keywords:
                allowed = ", ".join(KEYWORDS[category])
                self.report(fields.line("keywords"), f"choose `keywords` of {category}: {allowed}")
        return category, tuple(keyword for _, keyword in keywords)

    def _legal_ground(self, fields: Fields) -> LegalGround:
        if not fields.has("legal_ground", required=True):
            return LegalGround("", "")
        inner = Fields.of(fields.nodes["legal_ground"], ("text", "url"), self.report)
        return LegalGround(inner.text("text"), inner.text("url", URL, "a link: https://…"))

    def _languages(self, fields: Fields) -> tuple[str, ...]:
        languages = fields.texts("languages", required=True)
        for line, code in languages:
            if not re.fullmatch(LANGUAGE, code):
                self.report(line, f"`{code}` is no language code like en, id, zh-Hant")
        return tuple(code for _, code in languages)

    def _in_force(self, fields: Fields) -> InForce:
        self.lines["in_force",] = fields.line("in_force")
        if not fields.has("in_force", required=True):
            return InForce(date.min, date.min)
        inner = Fields.of(fields.nodes["in_force"], ("from", "until"), self.report)
        first, last = inner.day("from"), inner.day("until")
        days = (last - first).days + 1
        if date.min in (first, last):
            pass  # told already
        elif days < 1:
            self.report(inner.line("until"), f"`until` {last} lies before `from` {first}")
        elif days > DAYS_IN_FORCE:
            self.report(
                inner.line("until"),
                f"a pack is in force for at most {DAYS_IN_FORCE} days, this one for {days}; "
                f"end it by {first + timedelta(days=DAYS_IN_FORCE - 1)} and renew it then",
            )
        return InForce(first, last)

    def _rules(self, fields: Fields, category: str) -> tuple[Rule, ...]:
        if not fields.has("rules", required=True):
            return ()
        node = fields.nodes["rules"]
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.report(line_of(node), "`rules` must be a list of one rule or more")
            return ()
        if len(node.value) > RULES_IN_PACK:
            self.report(line_of(node), f"a pack has at most {RULES_IN_PACK:,} rules; divide it")
            return ()
        rules = tuple(self._rule(item, category) for item in node.value)
        self.rule = None
        if self.terms > TERMS_IN_PACK:
            self.report(line_of(node), f"a pack has at most {TERMS_IN_PACK:,} terms; divide it")
        return rules

    def _rule(self, node: yaml.Node, category: str) -> Rule:
        self.rule = _name_of(node)
        fields = Fields.of(node, RULE_KEYS, self.report)
        rule_id = fields.text("id", ID, _ID_MEANS)
        if (rule_id,) in self.lines:
            self.report(fields.line("id"), f"`{rule_id}` names two rules; rename one")
        self.lines.setdefault((rule_id,), line_of(node))
        limited = "within" in fields.nodes
        affixes = fields.choice("affixes", Affixes) if "affixes" in fields.nodes else None
        groups = self._groups(fields)
        rule = Rule(
            id=rule_id,
            severity=fields.choice("severity", Severity),
            why=fields.text("why"),
            groups=groups,
            at_least=self._at_least(fields, len(groups)),
            links=self._links(fields, rule_id, category),
            within=fields.number("within", 0, WORDS_IN_PART) if limited else None,
            except_=self._terms("except", fields.texts("except", required=False)),
            unless=self._terms("unless", fields.texts("unless", required=False)),
            exact=fields.flag("exact"),
            affixes=affixes,
            match=self._examples(fields, rule_id, "match"),
            ignore=self._examples(fields, rule_id, "ignore"),
        )
        if affixes:
            terms = chain(*rule.term_groups, rule.except_, rule.unless)
            self.terms += sum(len(affixed_forms(written)) - 1 for written in terms)
        return rule

    def _groups(self, fields: Fields) -> tuple[tuple[str, ...], ...]:
        """The groups of `all`, or the one of `any`; none where other groups are all there is."""
        both = "all" in fields.nodes and "any" in fields.nodes
        if both or not fields.nodes.keys() & {"all", "any", "at_least", "links"}:
            self.report(line_of(fields.node), "a rule needs `any:` (one group) or `all:` (groups)")
        if "any" in fields.nodes:
            return (self._terms("0", fields.texts("any", required=False)),)
        if "all" not in fields.nodes:
            return ()
        node = fields.nodes["all"]
        groups = node.value if isinstance(node, yaml.SequenceNode) else []
        if not groups or not all(isinstance(group, yaml.SequenceNode) for group in groups):
            self.report(
                line_of(node), "`all` must be a list of groups, each a list; for one, use `any:`"
            )
            return ()
        if len(groups) > GROUPS_IN_RULE:
            self.report(line_of(node), f"a rule has at most {GROUPS_IN_RULE} groups; join some")
        return tuple(
            self._terms(str(number), strings(group, "a group", self.report))
            for number, group in enumerate(groups)
        )

    def _at_least(self, fields: Fields, number: int) -> AtLeast | None:
        if "at_least" not in fields.nodes:
            return None
        inner = Fields.of(fields.nodes["at_least"], ("n", "of"), self.report)
        needed = inner.number("n", 2, MOST_AT_LEAST) if inner.has("n", required=True) else 2
        return AtLeast(needed, self._terms(str(number), inner.texts("of", required=True)))

    def _terms(self, key: str, terms: list[tuple[int, str]]) -> tuple[str, ...]:
        self.terms += len(terms)
        seen: dict[tuple[str, str], str] = {}  # both Han forms may stand: people read packs
        for line, written in terms:
            self.lines.setdefault((self.rule or "", key, written), line)
            if fault := term_fault(written):
                self.report(line, fault)
                continue
            if warning := term_warning(written):
                self.warn(line, warning)
            term = Term.of(written)
            first = seen.setdefault((term.pattern, term.letters), written)
            if first is not written:
                self.warn(line, f"`{written}` says the same as `{first}`; one will do")
        return tuple(written for _, written in terms)

    def _links(self, fields: Fields, rule_id: str, category: str) -> tuple[str, ...]:
        links = fields.texts("links", required=False)
        if links and category not in LINK_CATEGORIES:
            self.report(
                fields.line("links"), f"`links` is for {' and '.join(LINK_CATEGORIES)} only"
            )
        for line, written in links:
            self.lines.setdefault((rule_id, "links", written), line)
            if fault := host_fault(written, exact=fields.flag("exact")):
                self.report(line, fault)
        self.terms += len(links)
        return tuple(written for _, written in links)

    def _examples(self, fields: Fields, rule_id: str, key: str) -> tuple[str, ...]:
        examples = fields.texts(key, required=False)
        for line, example in examples:
            self.lines.setdefault((rule_id, key, example), line)
        return tuple(example for _, example in examples)


def _name_of(node: yaml.Node) -> str | None:
    """The id of a rule that is about to be read, for problems that come before it."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    ids = (value.value for key, value in pairs if key.value == "id")
    return next((name for name in ids if isinstance(name, str)), None)
