"""What a term matches and what it does not: cases from bug reports of other filters, and ours. A
row is: the terms of one group, a text, and the slices of the text that are found."""

import pytest
from support.sample_packs import pack_of, rule_of, slices

from matcher import Evasion, Matcher, Rule, Severity, engine

ZWSP, RLO, SHY, NBSP = "\u200b", "\u202e", "\u00ad", "\u00a0"

FOUND = {
    "1 next to a full stop": (["otp"], "otp.", ["otp"]),
    "1 next to a comma": (["otp"], "otp,now", ["otp"]),
    "1 next to a colon and a bracket": (["otp"], "(otp): x", ["otp"]),
    "1 next to an emoji": (["otp"], "🔥otp🔥", ["otp"]),
    "1 next to an emoji with a skin tone and a selector": (["otp"], "👍🏽otp❤️", ["otp"]),
    "2 not after an elided article": (["ai"], "j'ai faim", []),
    "2 not after an elided article with a curly apostrophe": (["ai"], "j’ai faim", []),
    "2 nor with the apostrophe that Unicode calls a letter": (["ai"], "jʼai faim", []),
    "2 in front of a possessive": (["ai"], "ai's and ai’s", ["ai", "ai"]),
    "2 in single quotes": (["otp"], "the 'otp' here", ["otp"]),
    "2 in single quotes after Han": (["otp"], "请'otp'给我", ["otp"]),
    "2 an apostrophe that the term has too": (["don't"], "don’t", ["don’t"]),
    "3 a word that begins with an umlaut": (["Über"], "Über Übersicht", ["Über"]),
    "3 next to a letter that is not ASCII": (["ber"], "Über éber ber", ["ber"]),
    "4 not inside a word": (["ass"], "class assess bass", []),
    "4 at a word's start when opened": (["bomb*"], "bombing abomb", ["bomb"]),
    "4 at a word's end when opened": (["*bomb"], "abomb bombing", ["bomb"]),
    "4 anywhere when opened at both ends": (["*bomb*"], "abombing", ["bomb"]),
    "5 with a zero-width space in it": (["test"], f"Te{ZWSP}st", [f"Te{ZWSP}st"]),
    "5 with a Cyrillic letter": (["test"], "tеst", ["tеst"]),
    "5 with a Cyrillic capital": (["bomb"], "ВOМB", ["ВOМB"]),
    "5 a digit at the end": (["test"], "Test0", ["Test"]),
    "5 letters parted by full stops": (["test"], "T.e.s.t", ["T.e.s.t"]),
    "6 not in a link's host or path": (["otp"], "https://otp.example/otp?otp", []),
    "6 not in a link without scheme": (["otp"], "www.otp.example otp.example/otp", []),
    "6 not in a link with full-width letters": (["a*"], "https://t.exａmple/a", []),
    "6 after a link": (["otp"], "https://a.example otp", ["otp"]),
    "6 in Han letters right after a link": (["领取"], "https://t.example/a领取", ["领取"]),
    "6 next to a dot that makes no link": (["otp"], "kirim otp.sekarang", ["otp"]),
    "6 not in a mention": (["otp"], "@otp ＠otp @otp.team @a@otp.example", []),
    "6 in an address, which is not a mention": (["otp"], "otp@mail.example", ["otp"]),
    "7 behind a hash": (["word"], "#word", ["word"]),
    "7 words run together behind a hash": (["big word"], "#BigWord", ["BigWord"]),
    "7 and one of them alone": (["word"], "#BigWord #bigword", ["Word"]),
    "7 words parted by underscores behind a hash": (["send me"], "#send_me", ["send_me"]),
    "7 capitals in a row behind a hash": (["otp code"], "#OTPCode", ["OTPCode"]),
    "7 capitals of Cyrillic and Greek": (["код", "μου"], "#МойКод #ΚωδικοςΜου", ["Код", "Μου"]),
    "7 behind a full-width hash": (["big word"], "＃BigWord", ["BigWord"]),
    "7 no words run together without a hash": (["big word"], "BigWord", []),
    "7 between underscores": (["word"], "_word_", ["word"]),
    "9 a phrase across a newline": (["one time"], "one\ntime", ["one\ntime"]),
    "9 a phrase across two spaces": (["one time"], "one  time", ["one  time"]),
    "9 a phrase across a no-break space": (["one time"], f"one{NBSP}time", [f"one{NBSP}time"]),
    "9 a phrase across a hyphen": (["one time code"], "one-time code", ["one-time code"]),
    "9 a phrase written with a hyphen": (["one-time code"], "one time code", ["one time code"]),
    "9 a phrase not across a link": (["one time"], "one https://a.example time", []),
    "9 a phrase not across a mention": (["one time"], "one @a time", []),
    "10 a double letter stays one": (["hello"], "hello helo", ["hello"]),
    "10 repeated letters": (["help"], "heeelp", ["heeelp"]),
    "10 no letter more of what is repeated": (["hello"], "heeelo hellooo", ["hellooo"]),
    "11 full-width letters": (["otp"], "ＯＴＰ", ["ＯＴＰ"]),
    "11 mathematical letters": (["otp"], "𝓸𝓽𝓹 𝐎𝐓𝐏", ["𝓸𝓽𝓹", "𝐎𝐓𝐏"]),
    "11 circled, dark and bracketed letters": (["otp"], "ⓞⓣⓟ 🅾🆃🅿 ⒪⒯⒫", ["ⓞⓣⓟ", "🅾🆃🅿", "⒪⒯⒫"]),
    "11 small capitals": (["otp"], "ᴏᴛᴘ", ["ᴏᴛᴘ"]),
    "11 a right-to-left override": (["otp"], f"{RLO}otp", ["otp"]),
    "11 a soft hyphen": (["otp"], f"ot{SHY}p", [f"ot{SHY}p"]),
    "11 a stack of combining marks": (["op"], "o\u0336\u0337p\u0336", ["o\u0336\u0337p\u0336"]),
    "12 offsets after characters that grow": (["otp"], "ﷺ ½ ß otp", ["otp"]),
    "12 offsets after characters that vanish": (["otp"], f"{ZWSP * 9}é otp", ["otp"]),
    "12 offsets after characters outside the first plane": (["otp"], "😀😀 otp", ["otp"]),
    "14 no term is a regular expression": (["(a+)+$", "x.y"], "aaaaaaaa! xzy x.y", ["x.y"]),
    "17 reduplication": (["obat"], "obat-obatan", ["obat"]),
    "17 Han without spaces": (["验证码"], "请把验证码发给我", ["验证码"]),
    "17 Japanese without spaces": (["コード"], "認証コードを送って", ["コード"]),
    "17 Thai without spaces": (["รหัส"], "ส่งรหัสมา", ["รหัส"]),
    "17 Thai keeps its marks": (["ที่"], "ที่นี่", ["ที่"]),
    "17 Thai letters without their tone are others": (["ที"], "ที่นี่", []),
    "17 kana without its voicing is another": (["か"], "が か\u3099", []),
    "a spaced term between Han": (["otp"], "请发otp给我", ["otp"]),
    "Han and Latin without the term's space": (["微信 otp"], "微信otp", ["微信otp"]),
    "Han and Latin without the text's space": (["微信otp"], "微信 otp", ["微信 otp"]),
    "Han letters that a full stop parts": (["转账"], "好转。账单 转 账", []),
    "Han letters that an invisible one parts": (["转账"], f"转{ZWSP}账", [f"转{ZWSP}账"]),
    "Han letters that signs part": (["验证码"], "请把验-证-码给我", ["验-证-码"]),
    "traditional for simplified Han": (["验证码"], "驗證碼", ["驗證碼"]),
    "simplified for traditional Han": (["驗證碼"], "验证码", ["验证码"]),
    "two traditional letters that are simplified alike": (["發"], "髮 發 发", ["發", "发"]),
    "two forms of a traditional letter": (["裡"], "裏 裡 里", ["裏", "裡", "里"]),
    "Hindi keeps its marks": (["कि"], "की कि किताब", ["कि"]),
    "Arabic with vowel marks": (["رمز"], "رَمْز", ["رَمْز"]),
    "Arabic with tatweel": (["رمز"], "رمـــز", ["رمـــز"]),
    "Arabic presentation forms": (["رمز"], "ﺭﻣﺰ", ["ﺭﻣﺰ"]),
    "Arabic letters are not Latin ones": (["lo", "l", "o"], "اه ا ه", []),
    "half-width kana": (["ガス"], "ｶﾞｽ", ["ｶﾞｽ"]),
    "Hangul in parts": (["각"], "\u1100\u1161\u11a8", ["\u1100\u1161\u11a8"]),
    "Hangul without its last letter is another": (["가"], "각 \u1100\u1161\u11a8", []),
    "an accent more, an accent less": (["cafe", "über"], "café uber", ["café", "uber"]),
    "a composed letter and a decomposed one": (["é"], "e\u0301", ["e\u0301"]),
    "letters with a stroke": (["lodz"], "Łódź", ["Łódź"]),
    "digits of other scripts": (["24"], "٢٤ 24 ２４", ["٢٤", "24", "２４"]),
    "no part of a ligature": (["f", "i"], "ﬁ", []),
    "a ligature whole": (["fi"], "ﬁ", ["ﬁ"]),
    "no part of a fraction": (["1", "4"], "¼", []),
    "next to a trade mark": (["otp"], "otp™", ["otp"]),
    "a flag is not a word": (["id"], "otp🇮🇩", []),
    "the long s is an s": (["spam"], "ſpam", ["ſpam"]),
    "a Russian word in Russian is not a Latin one": (["pot"], "открой рот", []),
    "a Russian word in an English text is one": (["pot"], "buy рот now", ["рот"]),
    "half a Russian word is one": (["pot"], "открой роt", ["роt"]),
    "a Latin word in English is not a Russian one": (["рот"], "full pot", []),
    "Russian in capitals": (["вор"], "ВОР Вор", ["ВОР", "Вор"]),
    "two Greek letters that both look like o": (["σο"], "οσ σο", ["σο"]),
}  # fmt: skip


@pytest.mark.parametrize(("terms", "text", "expected"), FOUND.values(), ids=FOUND)
def test_finds_exactly(terms: list[str], text: str, expected: list[str]) -> None:
    assert slices(rule_of(terms), text) == expected


def test_16_a_span_says_which_term_it_is() -> None:
    terms = ("otp", "one-time code", "Über")
    [hit] = Matcher([pack_of(rule_of(terms))]).find("ONE TIME CODE, über, ｏｔｐ")
    assert [span.term for span in hit.spans] == ["one-time code", "Über", "otp"]


EVASIONS = {
    "nothing but case": ("otp", "OTP", ()),
    "full width": ("otp", "ｏtp", (Evasion.WIDTH,)),
    "a styled letter": ("otp", "𝓸tp", (Evasion.STYLE,)),
    "an invisible character": ("otp", f"o{ZWSP}tp", (Evasion.INVISIBLE,)),
    "an accent": ("otp", "ótp", (Evasion.ACCENT,)),
    "a combining accent at the end": ("otp", "otp\u0301", (Evasion.ACCENT,)),
    "a letter with a stroke": ("otp", "øtp", (Evasion.ACCENT,)),
    "an accent that the term has too": ("ótp", "ÓTP o\u0301tp", ()),
    "a vowel mark": ("رمز", "رَمز", (Evasion.VOWEL_MARK,)),
    "a look-alike": ("otp", "оtp", (Evasion.LOOKALIKE,)),
    "a look-alike within a script": ("iron", "ıron", (Evasion.LOOKALIKE,)),
    "letters that the term has too script": ("код", "КОД", ()),
    "several, in order": ("otp", "óｔр", (Evasion.ACCENT, Evasion.LOOKALIKE, Evasion.WIDTH)),
}  # fmt: skip


@pytest.mark.parametrize(("term", "text", "evasion"), EVASIONS.values(), ids=EVASIONS)
def test_a_span_names_the_disguise(term: str, text: str, evasion: tuple[Evasion, ...]) -> None:
    [hit] = Matcher([pack_of(rule_of([term]))]).find(text)
    assert {span.evasion for span in hit.spans} == {evasion}


@pytest.mark.parametrize("text", ["ＯTP", "о" + "tp", f"o{ZWSP}tp", "ótp"])
def test_an_exact_rule_sees_through_nothing(text: str) -> None:
    assert Matcher([pack_of(rule_of(["otp"], exact=True))]).find(text) == ()


@pytest.mark.parametrize("text", ["OTP", "an 'otp'", "请发otp给我"])
def test_an_exact_rule_still_takes_any_case_and_neighbour(text: str) -> None:
    assert len(Matcher([pack_of(rule_of(["otp"], exact=True))]).find(text)) == 1


def test_an_exact_rule_with_an_accent_wants_the_accent() -> None:
    matcher = Matcher([pack_of(rule_of(["Über"], exact=True))])
    assert matcher.find("Uber") == ()
    assert matcher.find("U\u0308BER")


HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 2_000)))

TRAPS = {
    "1 a term inside the beginning of a longer one": (["*abcd*", "*bc*"], {"abc": ["bc"]}),
    "1 a term at the end of a longer one": (["*abcd*", "*cd*"], {"abcd": ["abcd"], "acd": ["cd"]}),
    "1 a term behind the failure of two": (["*abcd*", "*bce*", "*c*"], {"abcf": ["c"]}),
    "2 a text of many different letters": (["一丁", "otp"], {f"{HAN}otp": ["一丁", "otp"]}),
    "3 a text of wide letters after one of narrow": (
        ["otp"], {"otp": ["otp"], "😀 otp 😀": ["otp"], "otp é": ["otp"], "请otp": ["otp"]}),
    "5 as is not ass": (["as"], {"ass": [], "as": ["as"], "asss": []}),
    "5 ass is not as": (["ass"], {"as": [], "ass": ["ass"], "asss": ["asss"]}),
    "5 heel is not hell": (["heel"], {"hell": [], "heel": ["heel"]}),
    "5 hell is not heel": (["hell"], {"heel": [], "hell": ["hell"]}),
    "5 coon is not con": (["con", "coon"], {"coon con": ["coon", "con"], "coo": []}),
    "6 alef is not l, heh is not o": (["lo", "oil"], {"اه لا": [], "هاا": []}),
    "6 the long s is an s, not an f": (["fun", "sun"], {"ſun": ["ſun"], "fun": ["fun"]}),
    "6 a Cyrillic capital that looks Latin": (["bomb"], {"ВОМВ": ["ВОМВ"], "вомв": ["вомв"]}),
    "7 no phrase across two texts": (["in time"], {"in": [], "time": [], "in\ntime": ["in\ntime"]}),
    "7 the line ends of a text": (
        ["in time"], {"in\n": [], "\ntime": [], "in\r\n\ntime\n": ["in\r\n\ntime"], "\n\n": []}),
    "7 other separators of records": (
        ["otp"], {"otp\x1eotp": ["otp"] * 2, "\x00otp\x00": ["otp"], "\u2028otp\u2029": ["otp"]}),
}  # fmt: skip


@pytest.fixture(params=["one by one", "together"])
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "together":
        monkeypatch.setattr(engine, "FIRST_BATCH", 0)
        monkeypatch.setattr(engine, "BATCH", 0)


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize(("terms", "expected"), TRAPS.values(), ids=TRAPS)
def test_avoids_known_bugs_of_matchers(terms: list[str], expected: dict[str, list[str]]) -> None:
    hits = Matcher([pack_of(rule_of(terms))]).find_all(expected)
    assert [
        [text[span.start : span.end] for hit in found for span in hit.spans]
        for found, text in zip(hits, expected, strict=True)
    ] == list(expected.values())


@pytest.mark.usefixtures("together")
def test_4_a_rule_of_many_is_known_by_a_number_beyond_32_bits() -> None:
    rules = [
        Rule(id=f"rule-{number}", severity=Severity.LOW, why="T", groups=((f"term{number}x",),))
        for number in range(200)
    ]
    texts = [f"term{number}x" for number in range(200)]
    hits = Matcher([pack_of(*rules)]).find_all(texts)
    assert [hit.rule for [hit] in hits] == [rule.id for rule in rules]
