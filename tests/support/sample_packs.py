"""Sound packs for tests: one as its author writes it, and one around some rules."""

from datetime import date

from matcher import Ground, Pack, Rule
from rules.pack import InForce, LegalGround

PACK = """\
id: one-time-codes
version: 3
title: Theft of one-time codes
why: Whoever passes on a code gives away an account.
category: SCAMS_AND_FRAUD
keywords: [PHISHING]
ground: illegal
legal_ground: {text: Fraud, url: "https://law.example/1"}
languages: [en, id]
owner: trust@provider.example
in_force: {from: 2026-11-01, until: 2027-04-30}
rules:
  - id: asks-for-code
    severity: high
    why: Asks for a code.
    all:
      - [otp, login code]
      - [send me]
    within: 12
    except: [otp bank]
    unless: [never share]
    match: [send me the otp, otp - send me]
    ignore: [send me my otp bank, "never share an otp, even if asked: send me"]
"""
"""A sound pack, as its author writes it."""

SCORED = (
    PACK[: PACK.index("    all:")]
    + """\
    score:
      threshold: 6
      high: 9
      terms: {send me: 5, otp: 3, login code: 2, bank: -4}
    unless: [never share]
    match: [send me the otp, otp - send me]
    ignore: [send me my otp bank, "never share an otp, even if asked: send me"]
"""
)
"""The same with a scored rule. Its score begins on line 16."""


CARD = """\
card:
  trained_on:
    - posts: 300
      label: spam
      harmful: true
      language: en
      channel: comments under videos
      period: 2025 to 2026
      source: Invented comments
      licence: CC0-1.0
      selected: All that a moderator removed, and a tenth of the others
    - posts: 2000
      label: ham
      harmful: false
      language: en
      channel: comments under videos
      period: 2025 to 2026
      source: Invented comments
      licence: CC0-1.0
      selected: All
  thresholds: The lowest sums with a precision of .99 on five folds.
  law: 2
  held_back:
    - posts: Copy groups of the last month
      at: threshold
      recall: {part: 90, of: 100, low: 0.83, high: 0.95}
      precision: {part: 90, of: 91, low: 0.94, high: 1}
  ordinary:
    - kind: Comments under videos
      posts: 2000
      found: 2
      found_high: 0
  never_met: Posts in other languages, and posts of more than 300 letters.
  by_hand: [gacor, jackpot]
  from_packs: [a-pack 3 (12 terms)]
  mistakes:
    - Somebody asks a friend for the code of a door.
  read:
    - by: A. Reader
      on: 2026-11-20
"""
"""A card as its author writes it."""


PROTECTED = """\
protected:
  - language: de
    protest:
      - Kommt am Samstag zur Demo, bringt Wasser mit.
      - Die Pfleger streiken seit Montag.
      - Wir haben die Petition unterschrieben.
      - Der Präsident soll zurücktreten, rief die Menge.
      - Bauern blockieren die Straße mit Treckern.
    election:
      - Die Wahllokale schließen um achtzehn Uhr.
      - Wählt ihn ab oder wählt ihn wieder, aber geht hin.
      - Meine Tante kandidiert für den Stadtrat.
      - Die Stimmen werden noch einmal gezählt.
      - Ich wähle diesmal keine der Parteien.
    office:
      - Die Ministerin versprach eine neue Brücke.
      - Der Bürgermeister geht nie ans Telefon.
      - Der Landrat eröffnete das Weinfest.
      - Die Kanzlerin sprach elf Minuten lang.
      - Unser Abgeordneter kam mit dem Rad.
    faith:
      - Im Ramadan kocht die Moschee für alle.
      - Der Pfarrer läutet selbst die Glocken.
      - Ich glaube an keinen Gott, nur an Kaffee.
      - Die Synagoge zeigt ihre alten Bücher.
      - Mönche gingen barfuß durch den Ort.
    satire:
      - Minister verschiebt Rücktritt wegen Schönwetters.
      - Katze kündigt Vertrag mit Dosenöffner.
      - Drucker riecht Angst, sagt Studie.
      - Mann gewinnt weiteren Montag.
      - Regen verboten, Wolken wollen klagen.
    warning:
      - Nennt niemandem euren Code, sagt die Bank.
      - Die Polizei warnt vor falschen Enkeln.
      - Klickt nicht auf den Link in der Nachricht.
      - Wer Vorkasse verlangt, will euer Geld.
      - Das Finanzamt schickt keine Erstattung per SMS.
"""
"""Protected sentences of an author, in the canonical layout."""


def pack_of(*rules: Rule) -> Pack:
    return Pack(
        id="a-pack", version=1, title="A pack", why="Tests.", category="SCAMS_AND_FRAUD",
        keywords=("PHISHING",), ground=Ground.ILLEGAL,
        legal_ground=LegalGround("A law", "https://law.example"), languages=("en",),
        owner="trust@provider.example", in_force=InForce(date(2026, 11, 1), date(2026, 11, 30)),
        rules=rules, digest="0" * 64,
    )  # fmt: skip
