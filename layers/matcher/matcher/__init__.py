"""Text in, hits out: packs of published rules, and the engine that finds what they name.

No AWS, and no I/O beyond reading packs. A pack is YAML; a rule is satisfied where each of its
groups of terms occurs, close enough together, whatever the text wears:

>>> pack = Pack.parse('''
... id: one-time-codes
... version: 1
... title: Theft of one-time codes
... why: Whoever passes on a one-time code gives away the account behind it.
... category: SCAMS_AND_FRAUD
... keywords: [PHISHING]
... ground: illegal
... legal_ground: {text: "Fraud, Criminal Code, article 1", url: "https://law.example/1"}
... languages: [en, id, zh]
... owner: trust@provider.example
... in_force: {from: 2026-11-01, until: 2027-04-30}
... rules:
...   - id: asks-for-code
...     severity: high
...     why: Asks the reader to pass on a one-time code.
...     all:
...       - [otp, one-time code, kode otp, 验证码]
...       - [send me, kirim, 发给]
...     within: 12
...     unless: [never share]
... ''', "one-time-codes.yaml")
>>> matcher = Matcher([pack])
>>> [hit] = matcher.find("Please SEND me the ＯＴＰ you just got")
>>> hit.rule, hit.mode, hit.severity
('asks-for-code', <Mode.LIVE: 'live'>, <Severity.HIGH: 'high'>)
>>> [(span.start, span.end, span.term, *span.evasion) for span in hit.spans]
[(7, 14, 'send me'), (19, 22, 'otp', <Evasion.WIDTH: 'width'>)]
>>> matcher.find("Never share your OTP, even if they say: send me the code")
()

`load_packs` checks a folder of packs before they are published; `build_set` and `load_set` are
for the published set that runs.
"""

from typing import TYPE_CHECKING

from matcher.hit import Hit, Span
from matcher.matcher import Matcher
from matcher.text.fold import Evasion
from rules.pack import AtLeast, Ground, Mode, Pack, PackError, Problem, Rule, Severity
from rules.rule_set import (
    FOLD_VERSION,
    Paused,
    ProviderSettings,
    RuleSet,
    Selection,
    SetError,
    build_set,
    digest_of,
    load_set,
)

if TYPE_CHECKING:
    from authoring.check import load_packs

__all__ = [
    "FOLD_VERSION",
    "AtLeast",
    "Evasion",
    "Ground",
    "Hit",
    "Matcher",
    "Mode",
    "Pack",
    "PackError",
    "Paused",
    "Problem",
    "ProviderSettings",
    "Rule",
    "RuleSet",
    "Selection",
    "SetError",
    "Severity",
    "Span",
    "build_set",
    "digest_of",
    "load_packs",
    "load_set",
]


def __getattr__(name: str) -> object:
    """Brings in `load_packs` when asked for, so that what runs on posts imports no YAML."""
    if name == "load_packs":
        from authoring.check import load_packs

        return load_packs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
