"""Text in, hits out: packs of published rules, and the engine that finds which rules apply.

No AWS and no I/O, except that `load_packs` reads files. A rule is satisfied if each of its groups
of terms occurs, close enough together, even in disguise:

>>> pack = Pack.parse('''
... id: one-time-codes
... version: 1
... title: Theft of one-time codes
... why: Anyone who passes on a one-time code gives away the account behind it.
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

`load_packs` reads a folder of packs; `terang packs check` also runs their examples. `build_set` and
`load_set` write and read the published set that runs.

Follow a post from `engine` (all packs) to `evaluator` (one part), and from there to the text
(`fold`, `aligned`), words in disguise (`readings`), terms (`term`, `term_index`), and signs
(`sign_catalogue`). `prefilter` is for many posts.
"""

from matcher.engine import Matcher
from matcher.fold import Evasion
from matcher.hit import Hit, Span
from matcher.sign_catalogue import TERM_CHECKS
from rules.pack import AtLeast, Ground, Mode, Pack, PackError, Problem, Rule, Severity, load_packs
from rules.rule import CHECKS
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

CHECKS.update(TERM_CHECKS)  # `Pack.parse` looks at words with them

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
