"""What providers send in a run: small, and of every kind that takes its own way."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256

import msgspec
from support.canary import ACCOUNT, NAME, TEXT, URL
from support.sample_packs import CARD
from support.sample_posts import OTP, PACK, PRIZE, SHADOW, fields, line, lines, pack
from support.world import ROLE, SECRET, World

from ledger.closing import put_in_force
from ledger.draws import NEWEST, RANKS, DrawLimit, Draws, Trial, draws_key
from ledger.findings import ConfirmedFingerprint, CopySnapshot, copy_key
from ledger.keys import copies_key
from matcher import Pack
from matcher.engine import Fingerprints
from rules.pack_parts import ALGORITHM
from rules.pinned import rule_digest
from rules.rule_set import load_set
from terang.next_set import SetRequest, next_set

QUIET = f"The market is quiet, {TEXT}."
PRIVATE = line(id="private", audience="followers", text=QUIET, url=URL) + b"\n"


RANGE_BYTES = 420

COPYING = f"""{PACK}
  - id: copies-of-code
    severity: medium
    why: Is nearly the text of a post that a person confirmed.
    copies: {{of: asks-for-code, mode: live}}
"""
"""The pack of codes with a rule of copies."""

ADDED_UP = """    score:
      threshold: 10
      terms: {grand prize: 7, won: 4}
    match: [You won the grand prize, "Won: a grand prize"]
"""
SCORED = SHADOW.replace(SHADOW[SHADOW.index("    any:") : SHADOW.index("    ignore:")], ADDED_UP)
"""The pack of prizes with a score in the place of a term."""

TRIED_RULE = "prizes/names-prize"
PRIZES_TRIED = 31
NO_FLOOD = {"MAX_RULE_PER_MILLE": "1000", "FLOOD_MINIMUM_POSTS": "1000000"}
FLOOD = {"MAX_RULE_PER_MILLE": "200", "FLOOD_MINIMUM_POSTS": "3"}


@cache
def first_set() -> tuple[Pack, ...]:
    """The packs in force at the beginning."""
    return pack(), pack(SCORED)


@cache
def second_set() -> tuple[Pack, ...]:
    """Those in force after the pointer moved: other rules in a higher version, one pack less."""
    changed = SCORED.replace("version: 1", "version: 2").replace("mode: shadow", "mode: live")
    return (pack(changed.replace("grand prize: 7", "grand: 7").replace("rules:", f"{CARD}rules:")),)


def first_state(world: World) -> None:
    """Put the first packs in force."""
    world.publish(*first_set())


def second_state(world: World) -> None:
    """Move the pointer."""
    world.publish(*second_set())


def confirmed_state(*texts: str, erased: bool = False) -> "State":
    """Return what puts a rule of copies in force, with posts of these texts confirmed. `erased`
    says that an author was erased since, so that nothing can be compared."""

    def begin(world: World) -> None:
        world.publish(pack(COPYING), pack(SCORED))
        made = Fingerprints(copy_key(SECRET, "acme"))
        rows = tuple(
            ConfirmedFingerprint(
                "codes/copies-of-code", sha256(text.encode()).hexdigest(), made.of([text])
            )
            for text in texts
        )
        snapshot = CopySnapshot("2026-11-01T11:00:00Z", ALGORITHM, rows, erased)
        world.objects.put(world.work, copies_key("acme"), msgspec.json.encode(snapshot))

    return begin


def trial_state(world: World) -> None:
    """Put a rule in shadow on trial, and draw all that it finds."""
    prizes = pack(SHADOW)
    world.publish(pack(), prizes)
    tried = rule_digest(prizes, prizes.rules[0])
    world.store.put_trial("acme", Trial(TRIED_RULE, 1, tried, "2026-11-20T00:00:00Z", "lead-1"))
    draws = Draws({TRIED_RULE: DrawLimit(1, RANKS, RANKS)})
    for name in (draws.digest, NEWEST):
        data = msgspec.json.encode(draws, order="sorted")
        world.objects.put(world.work, draws_key("acme", name), data)


def lapsed_state(world: World) -> None:
    """Publish a version with another term on top of the set in force: its adoption lapses."""
    changed = pack(SHADOW.replace("version: 1", "version: 2").replace("any: [", "any: [won, "))
    request = SetRequest([changed], world.clock.now(), notice_hours=0)
    put_in_force(
        world.objects, world.public, lambda before: next_set(load_set(before or b""), request, []),
        world.clock.now(),
    )  # fmt: skip


State = Callable[[World], None]
"""What is in force when a run begins, or from some moment on."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Files and messages; `later` files come while work is under way.

    `overlaps` says that posts come in more than one unit, `strangers` which files are nobody's,
    `decided` that moderators decide on each finding as soon as they are handed it, and `grouped`
    that they decide near copies in one look. `answered` that
    they answer the flood guard as soon as they are handed a held finding. `deletes` are the ids of
    posts that are deleted, at any time after they were sent. `tried` that they judge
    each drawn finding, and that two leads then adopt the rule at once. `begins` is what is in
    force at first, and `moves` from some moment on, if chance wants it.
    """

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    later: dict[str, bytes] = field(default_factory=dict)
    overlaps: bool = False
    strangers: tuple[str, ...] = ()
    decided: bool = False
    grouped: bool = False
    answered: bool = False
    tried: bool = False
    deletes: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=lambda: NO_FLOOD)
    begins: State = first_state
    moves: State = second_state

    def __str__(self) -> str:
        return self.name


def _rows() -> bytes:
    """Ten lines over several ranges: one range owns no line, one line is blank, one is private."""
    texts = [OTP, QUIET, PRIZE, f"{OTP}. {PRIZE}", QUIET + " x" * 400, OTP, PRIZE]
    accounts = [f"{ACCOUNT}-{n}" for n in range(len(texts))]
    rows = [line(id=f"p{n}", text=text, account=accounts[n]) for n, text in enumerate(texts)]
    return b"\n".join([*rows[:3], b"", *rows[3:]]) + b"\n" + PRIVATE


def _aligned() -> bytes:
    """Lines; some begin exactly at the start of a range, and one ends a byte after it."""
    rows = b""
    for number, size in enumerate((RANGE_BYTES, RANGE_BYTES - 1, RANGE_BYTES + 1, 200, 220)):
        bare = line(id=f"a{number}", text=f"{OTP} ", account="user-1")
        rows += bare.replace(OTP.encode(), OTP.encode() + b"." * (size - 1 - len(bare))) + b"\n"
    return rows


def _table() -> bytes:
    """The same kind of posts as CSV, which is translated into parts."""
    texts = [OTP, QUIET, PRIZE, OTP, QUIET]
    rows = [f"c{n},user-{n},{text},public,2026-11-25T03:00:00Z" for n, text in enumerate(texts)]
    rows.append(f"c9,{ACCOUNT},{QUIET},followers,2026-11-25T03:00:00Z")
    quoted = [row.replace(f",{QUIET},", f',"{QUIET}",') for row in rows]
    return "\n".join(["id,account,text,audience,published_at", *quoted]).encode()


def _words(count: int) -> list[str]:
    return [sha256(b"%d" % number).hexdigest() for number in range(count)]


MESSAGES = (json.dumps([fields(id="m1", text=OTP), fields(id="m2", text=PRIZE), fields(id=3),
                        *(fields(id=f"m{n}", text=f"{OTP}. {PRIZE}") for n in (5, 6))]),
            json.dumps(fields(id="m4", text=QUIET, url=URL)),
            f"nothing that can be read, {TEXT} {ACCOUNT}")  # fmt: skip

BATCHED = (
    *(json.dumps(fields(id=f"b{n}", text=text)) for n, text in enumerate((OTP, QUIET, PRIZE))),
    json.dumps([fields(id="b3", text=f"{OTP}. {PRIZE}"), fields(id=4)]),
    *(json.dumps(fields(id=f"b{n}", text=QUIET, account=ACCOUNT)) for n in range(5, 8)),
    f"[{TEXT}",
)
"""Eight messages of a post or two: three batches, if they come in one delivery."""

SCENARIOS = [
    Scenario("a file of lines", {"drop/acme/lines ü+1.jsonl": _rows()}),
    Scenario("a file that is translated", {"drop/acme/table.csv": _table()}),
    Scenario("messages", messages=MESSAGES),
    Scenario("a batch of messages", messages=BATCHED),
    Scenario("a batch of messages with posts in common",
             messages=(
                 *BATCHED,
                 json.dumps([fields(id="b0", text=OTP), fields(id="b3", text=f"{OTP}. {PRIZE}")]),
                 *MESSAGES, BATCHED[2]), overlaps=True),
    Scenario("files refused as a whole",
             {"drop/acme/cut.jsonl.gz": gzip.compress(_rows(), mtime=0)[:-9],
              "drop/nobody/lines.jsonl": _rows(), f"drop/acme/{NAME}.jsonl": b"\n\n"},
             strangers=("drop/nobody/lines.jsonl",)),
    Scenario("the same bytes twice", {"drop/acme/1.jsonl": _rows(), "drop/acme/2.jsonl": _rows()},
             (MESSAGES[0], MESSAGES[0]), overlaps=True),
    Scenario("posts that come again",
             {"drop/acme/1.jsonl": _rows(),
              "drop/acme/2.jsonl": lines(OTP, QUIET, PRIZE) + _rows()},
             (json.dumps([fields(id="p0", text=OTP), fields(id="p9", text=PRIZE)]),),
             overlaps=True),
    Scenario("lines on the cut", {"drop/acme/aligned.jsonl": _aligned()}),
    Scenario("a file that is overwritten", {"drop/acme/lines.jsonl": lines(OTP, QUIET, PRIZE, OTP)},
             later={"drop/acme/lines.jsonl": lines(QUIET, PRIZE, OTP, OTP, start=50)}),
    Scenario("a flood", {"drop/acme/lines.jsonl": lines(*[OTP, OTP, QUIET] * 4)}, overlaps=True,
             settings=FLOOD),
    Scenario("everything at once",
             {"drop/acme/lines.jsonl": _rows(), "drop/acme/table.csv": _table()}, MESSAGES),
]  # fmt: skip
DECIDED = Scenario("people decide", {"drop/acme/lines.jsonl": lines(OTP, QUIET, PRIZE)},
                   (json.dumps([fields(id="m1", text=OTP)]),), decided=True)  # fmt: skip
"""Moderators answer each file of findings; every ninth seed plays it."""

GROUPED = Scenario("people decide near copies in one look",
                   {"drop/acme/lines.jsonl": lines(*[OTP, f"{OTP} 🔥", QUIET] * 3)},
                   (json.dumps([fields(id=f"m{number}", text=f"{OTP}!") for number in range(4)]),),
                   overlaps=True, decided=True, grouped=True)  # fmt: skip
"""As DECIDED, but decisions name a group; which of them is first is chance."""

ANSWERED = Scenario("people answer the flood guard",
                    {"drop/acme/lines.jsonl": lines(*[OTP, OTP, QUIET] * 4)},
                    (json.dumps([fields(id=f"m{number}", text=OTP) for number in range(4)]),),
                    overlaps=True, answered=True, settings=FLOOD)  # fmt: skip
"""Moderators open what is held, while more of it is stored; it has seeds of its own."""

TRIED = Scenario("people try a rule, and two leads adopt it",
                 {"drop/acme/lines.jsonl": lines(
                     *(f"{one} {PRIZE}" for one in _words(PRIZES_TRIED - 1)), OTP, QUIET,
                 )},
                 (json.dumps(fields(id="m1", text=f"At last, {PRIZE}")),), overlaps=True,
                 tried=True, begins=trial_state, moves=lapsed_state)  # fmt: skip
"""Findings are drawn, judged and adopted, and the pointer moves; it has seeds of its own. Which
lead is first is chance, and so is what is drawn once the pointer moved."""

DELETED = Scenario("posts are deleted", {"drop/acme/lines.jsonl": lines(OTP, QUIET, PRIZE, OTP)},
                   (json.dumps([fields(id=f"m{number}", text=OTP) for number in range(3)]),),
                   deletes=("p0", "p2", "m0", "m1", "never"))  # fmt: skip
"""The messages come before, while and after the posts are inspected, and the file is cut."""

NEAR = "the market needs {} by nine, so tell my friend at the gate which fish you want today"
FAR = "our choir sings on the green {} evening, bring a chair and a warm coat for the second part"
COPIES = [NEAR.format("them"), QUIET, FAR.format("this"), NEAR.format("you all").upper(), OTP]
"""Near copies of two texts, which no rule of words finds."""

COPIED = Scenario("copies of confirmed posts, and newer decisions",
    {"drop/acme/lines.jsonl": lines(*COPIES)},
    tuple(json.dumps(fields(id=f"m{number}", text=text)) for number, text in enumerate(COPIES)),
    begins=confirmed_state(NEAR.format("it")),
    moves=confirmed_state(FAR.format("every")))  # fmt: skip
"""The snapshot of confirmed fingerprints changes, or loses all, while units are tried again."""

ERASED = replace(
    COPIED, name="copies of confirmed posts, and an erasure", moves=confirmed_state(erased=True)
)

MEETINGS = Scenario("publishers meet at the log")
"""No post comes; every seed plays it, next to another scenario."""

CANONICAL = Scenario("canonical",
    {"drop/acme/lines.jsonl": lines(OTP, QUIET, PRIZE, OTP) + PRIVATE},
    (json.dumps([fields(id="m1", text=OTP), fields(id="m2", audience="followers")]),))  # fmt: skip
"""The run in which every fault and every pair of faults is tried."""

BY_NAME = {one.name: one
           for one in (*SCENARIOS, DECIDED, GROUPED, ANSWERED, TRIED, DELETED, COPIED, ERASED,
                       MEETINGS, CANONICAL)}  # fmt: skip


SENDER = f"{ROLE}:session"
