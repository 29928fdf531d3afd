"""Each sign finds what its sentence says, in several languages, and leaves its neighbours alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sample_packs import pack_of

from matcher import Matcher, Rule, Severity
from matcher.aligned import without_opaque
from matcher.evaluator import ScoredRules
from matcher.fold import FOLD
from matcher.hit import Effort
from matcher.part_signs import SCRIPTS, passes, word_lists, words_of
from matcher.sign_catalogue import SIGNS, PartSigns, find_signs
from matcher.sign_finder import signs_of
from matcher.sign_shapes import DIGITS, LETTERS, MARKS, SHAPES
from matcher.term import Automaton, Term, sure_letters
from matcher.term_index import PatternIndex
from rules.pack_parts import Gate, Score

WHOLE = "<all>"

FOUND = {
    "link": [
        ("Klik https://masuk.example/a.", ["https://masuk.example/a"]),
        ("www.toko.example sekarang", ["www.toko.example"]),
        ("点击https://a.example/b领取", ["https://a.example/b"]),
        ("daftar di tokomu.com ya", ["tokomu.com"]),
        ("заходи на kupon.shop!", ["kupon.shop"]),
        ("selesai.besok lanjut lagi", []),
        ("kirim ke saya@kotak.com", []),
        ("a link, and/or 1.5/2", [])],
    "messenger-link": [
        ("gabung t.me/grupmu", ["t.me/grupmu"]),
        ("https://chat.whatsapp.com/Abc", ["https://chat.whatsapp.com/Abc"]),
        ("https://not-t.me.example/a", [])],
    "short-link": [
        ("cek bit.ly/xyz", ["bit.ly/xyz"]),
        ("https://s.id/abc ya", ["https://s.id/abc"]),
        ("https://masuk.example/s.id", [])],
    "rare-domain": [
        ("http://masuk.quest/a", ["http://masuk.quest/a"]),
        ("bonus.tk/1", ["bonus.tk/1"]),
        ("https://berita.co.id/a https://bbc.example/b", [])],
    "email": [
        ("write to claims.desk@post.example today", ["claims.desk@post.example"]),
        ("@akun dan a @ b", [])],
    "handle": [("hubungi @admin_toko ya", ["@admin_toko"]), ("saya@kotak.example", [])],
    "hashtag": [("#PromoAkhirTahun 加#领取", ["#PromoAkhirTahun", "#领取"]), ("nomor #1 a#b", [])],
    "phone": [
        ("WA 0812-3456-7890", ["0812-3456-7890"]),
        ("call +1 (555) 010-0199 now", ["+1 (555) 010-0199"]),
        ("call 555-010-0199", ["555-010-0199"]),
        ("电话13800000000", ["13800000000"]),
        ("２０26-05-30 dan 127.0.0.1 dan 1567248607", []),
        ("01-02-2026 11:05", [])],
    "money": [
        ("modal Rp50.000 saja", ["Rp50.000"]),
        ("modal Rp 50.000 saja", ["Rp 50.000"]),
        ("dapat 50rb, lalu 2 juta", ["50rb", "2 juta"]),
        ("only $9.99 or 20€", ["$9.99", "20€"]),
        ("日赚500元", ["500元"]),
        ("от 3000 рублей", ["3000 рублей"]),
        ("50 orang, 2 juta-an tahun? tidak: 1 jam", ["2 juta"]),
        ("grup 50", [])],
    "percent": [("100% aman, 5 %, ５０％", ["100%", "5 %", "５０％"]), ("% dan 5", [])],
    "amount": [
        ("10g, 50mg dan 2jt", ["10g", "50mg", "2jt"]),
        ("0.5 gram, 30 pcs", ["0.5 gram", "30 pcs"]),
        ("5克", ["5克"]),
        ("10 orang, 5 k", [])],
    "digits-1": [("kamar 7", ["7"])],
    "digits-2": [("umur 17, v17", ["17"])],
    "digits-3": [("300半个月", ["300"])],
    "digits-4": [("kode 4821; 1.500", ["4821", "1.500"])],
    "digits-5-6": [("text to 88600", ["88600"])],
    "digits-7-11": [("群12345678", ["12345678"])],
    "digits-12": [("card 4000123412341234", ["4000123412341234"])],
    "name-number": [
        ("main di hoki88 dan gac0r77", ["hoki88", "gac0r77"]),
        ("toko4d, TOKO5D", ["toko4d", "TOKO5D"]),
        ("𝗛𝗢𝗞𝗜𝟴𝟴", ["𝗛𝗢𝗞𝗜𝟴𝟴"]),
        ("H O K I 8 8", ["H O K I 8 8"]),
        ("HOKI88menawarkan bonus di 88HOKI", ["HOKI88menawarkan", "88HOKI"]),
        ("100JUTA, 99RIBU, HOKI88id, 24JAM", []),
        ("gac0r, h2o, ab88, hoki8, hoki2026, 88hoki", []),
        ("@rizal76 https://a.example/hoki88", [])],
    "dressed-name-number": [
        ("𝗛𝗢𝗞𝗜𝟴𝟴 hoki88", ["𝗛𝗢𝗞𝗜𝟴𝟴"]),
        ("ＨＯＫＩ88", ["ＨＯＫＩ88"]),
        ("НОKI88", ["НОKI88"]),
        ("H̲O̲K̲I̲88", ["H̲O̲K̲I̲88"]),
        ("H.O.K.I 88", ["H.O.K.I 88"]),
        ("hoki8️⃣8️⃣", ["hoki8️⃣8️⃣"]),
        ("𝗛𝗢𝗞𝗜", [])],
    "unknown-name-number": [("hoki88 di JKT48, ubuntu22, covid19, Oct25", ["hoki88"])],
    "capital-name-number": [("HOKI88 Hoki88 𝗛𝗢𝗞𝗜𝟴𝟴", ["HOKI88", "𝗛𝗢𝗞𝗜𝟴𝟴"])],
    "model-number": [
        ("monster XKT08 atau wfc510", ["XKT08", "wfc510"]),
        ("kereta argo05", ["argo05"]),
        ("hoki88 dan rtx30, 𝗧𝗞𝗣𝟯𝟬𝟯, kyt4d", [])],
    "game-name": [
        ("di bandarslot atau Nagatoto", ["bandarslot", "Nagatoto"]),
        ("𝐧𝐚𝐠𝐚𝐰𝐢𝐧", ["𝐧𝐚𝐠𝐚𝐰𝐢𝐧"]),
        ("alphabet, Darwin, slot, a win, kahwin", [])],
    "letters-digits": [("10g v2 hoki88", ["10g", "v2", "hoki88"]), ("abc 12", [])],
    "dressed-letters": [
        ("𝓫𝓸𝓷𝓾𝓼 ⓑⓞⓝⓤⓢ ｂｏｎｕｓ ʙᴏɴᴜs b̶o̶nus", ["𝓫𝓸𝓷𝓾𝓼", "ⓑⓞⓝⓤⓢ", "ｂｏｎｕｓ", "ʙᴏɴᴜs", "b̶o̶nus"]),
        ("x² 1️⃣2️⃣ ™ é ｶﾅ ①", [])],
    "styled-letters": [("𝓫𝓸𝓷𝓾𝓼 ⓑⓞⓝⓤⓢ", ["𝓫𝓸𝓷𝓾𝓼"])],
    "enclosed-letters": [("ⓑⓞⓝⓤⓢ 🅱🅾", ["ⓑⓞⓝⓤⓢ", "🅱🅾"])],
    "wide-letters": [("ｂｏｎｕｓ", ["ｂｏｎｕｓ"]), ("（ａ）", [])],
    "small-capitals": [("ʙᴏɴᴜs", ["ʙᴏɴᴜs"])],
    "struck-letters": [("b̶o̶n̶u̶s̶ e\u0301", ["b̶o̶n̶u̶s̶"])],
    "half-dressed": [("bo𝐧us", ["bo𝐧us"]), ("𝐛𝐨𝐧𝐮𝐬 x²", [])],
    "mixed-scripts": [("bоnus", ["bоnus"]), ("бонус bonus μm", [])],
    "capital-word": [("klik DAFTAR dan ОК ВСЕМ", ["DAFTAR", "ВСЕМ"]), ("UUD 45", [])],
    "spaced-letters": [
        ("main B O N U S yuk", ["B O N U S"]),
        ("b.o.n.u.s", ["b.o.n.u.s"]),
        ("B🔥O🔥N🔥U🔥S", ["B🔥O🔥N🔥U🔥S"]),
        ("I a 1 2 3, U.S.A. 1 2 3 4 5", [])],
    "emoji-1": [
        ("🇮🇩", [WHOLE]),
        ("ok 👍🏽", [WHOLE]), ("👩‍👩‍👧", [WHOLE]), ("ok 👍👍", []), ("©", [])],
    "emoji-2-3": [("🔥🔥", [WHOLE]), ("🔥", [])],
    "many-emoji": [("🔥a🔥b🔥c🔥", [WHOLE]), ("🔥🔥🔥", [])],
    "emoji-wrapped": [
        ("🔥BONUS🔥 dan lagi 🎁 hadiah 🎁", ["BONUS", "hadiah"]),
        ("🔥 ini bonus 🔥", [])],
    "words-13-25": [
        ("satu dua tiga " * 4 + "satu", [WHOLE]),
        ("satu dua tiga " * 8 + "satu", [WHOLE]),
        ("satu dua tiga " * 4, []),
        ("satu dua tiga " * 9, [])],
    "words-26": [
        ("satu dua tiga " * 8 + "satu dua", [WHOLE]),
        ("satu dua tiga " * 8 + "satu", [])],
    "dressed-in-plain": [
        ("main di 𝐇𝐎𝐊𝐈 ya", [WHOLE]),
        ("ayo main di H̶O̶K̶I̶", [WHOLE]),
        ("main 𝐇𝐎𝐊𝐈 88", []),
        ("main di m² saja", [])],
    "dressed-text": [
        ("𝐬𝐞𝐥𝐚𝐦𝐚𝐭 𝐩𝐚𝐠𝐢 𝐬𝐞𝐦𝐮𝐚 kak", [WHOLE]),
        ("𝐬𝐞𝐥𝐚𝐦𝐚𝐭 𝐩𝐚𝐠𝐢 kak", [])],
    "capitals": [
        ("AYO DAFTAR SEKARANG juga", [WHOLE]),
        ("OK SIP. Ayo Daftar Sekarang", []),
        ("AYOMAIN ini", [WHOLE]), ("AYOMAIN in", []), ("AYOMAI sini", [])],
    "repeated-phrase": [
        (
            "ayo main sekarang, AYO main sekarang! ayo main sekarang",
            ["ayo main sekarang", "AYO main sekarang", "ayo main sekarang"]),
        ("ha ha ha ha ha ha ha ha ha ha", []),
        ("ayo main sekarang ayo main sekarang juga lah", [])],
    "repeated-marks": [("ayo!!! 快？？？", ["!!!", "？？？"]), ("apa?!", [])],
    "name-in-pieces": [
        ("main di HO KI BE T 88 ya", ["HO KI BE T 88"]),
        ("𝐁 𝐍 𝐆 𝟑𝟎𝟑", ["𝐁 𝐍 𝐆 𝟑𝟎𝟑"]),
        ("ayo ke HO-KI BE TS", ["HO-KI BE TS"]),
        ("𝑯𝑶𝑲𝑰⭐17⭐ HOKI*1.7", ["𝑯𝑶𝑲𝑰⭐17", "HOKI*1.7"]),
        ("main di hoki_88 ya", ["hoki_88"]),
        ("Hoki 7/7/7 HOKI8 8 HOKI-8-8", ["Hoki 7/7/7", "HOKI8 8", "HOKI-8-8"]),
        ("pake ⭐☝⁉☀⛪17, bagus", ["⭐☝⁉☀⛪17"]),
        ("【H】【O】【K】【I】【7】", ["H】【O】【K】【I】【7"]),
        ("di \ud400\ud408\ud412\ud40a ya \uf150\uf15f\uf164\uf158",
         ["\ud400\ud408\ud412\ud40a", "\uf150\uf15f\uf164\uf158"]),
        ("OK YA 17, TF LA 50, 하하하하, skor 2-2-1 dan 2.2, jam 5 5", []),
        ("🔥🔥🔥🔥17 xchat 2.4.6, a_12, PT AB & CD, safari 17", [])],
    "han-number": [
        ("加微信12345678", ["12345678"]),
        ("123456789加我", ["123456789"]),
        ("2024年，1500元，共12人", [])],
    "han-apart": [
        ("加 微 信", ["加 微 信"]),
        ("快来卡.接.回吧", ["卡.接.回"]),
        ("我，你，他。“我”“你”“他”", [])],
    "contact-in-pieces": [
        ("看片 29526 Q 77544", ["29526 Q 77544"]),
        ("2787 9947妹丝抠", ["2787 9947"]),
        ("加乞鹅 12345-６７８９０，速来", ["12345-６７８９０"]),
        ("12345🔥67890口口看", ["12345🔥67890"]),
        ("来 1234扣5678", ["1234扣5678"]),
        ("加企鵝 123 4567 8901", ["123 4567 8901"]),
        ("地铁A出口 2787 9947，电话138 0013 8000加微信，400-888-8888加盟", []),
        ("扣款 1234 5678 元，QQ群 1234 5678，蔷薇园 1234 5678，Q&A 1234 5678", []),
        ("口 2024-1120，抠 0755-8888 8888，薇 12 34 56 78，扣 1234 5678 1234 5678", []),
        ("订单 1234 5678 加急，满1000减500口，1234567890扣", []),
        ("抠门的人，一二三四五六七八九十，一二三 1234 5678", [])],
    "rare-han": [("加㣲信", ["㣲"]), ("加微信，你喺邊度，広い", [])],
}  # fmt: skip

CASES = [(sign, text, spans) for sign, rows in FOUND.items() for text, spans in rows]


@pytest.mark.parametrize(("sign", "text", "expected"), CASES)
def test_a_sign_finds_what_its_sentence_says(sign: str, text: str, expected: list[str]) -> None:
    spans = find_signs(text, [sign]).get(sign, [])
    assert [WHOLE if end - start == len(text) and WHOLE in expected else text[start:end]
            for start, end in spans] == expected  # fmt: skip


def test_all_sentences_together_have_the_signs_of_each_alone() -> None:
    texts = [text for _, text, _ in CASES]
    assert signs_of(texts, SIGNS) == [frozenset(find_signs(text, SIGNS)) for text in texts]


def test_the_list_is_closed_and_each_sign_has_examples() -> None:
    assert FOUND.keys() == SIGNS.keys()


def test_a_sign_has_a_sentence_and_a_digest_of_its_own() -> None:
    assert all(sign.sentence.endswith(".") for sign in SIGNS.values())
    assert len({sign.digest for sign in SIGNS.values()}) == len(SIGNS)


def test_only_wanted_signs_are_returned() -> None:
    assert find_signs("HOKI88 $5", ["money"]) == {"money": [(7, 9)]}


HARD = {"a mark and a point before a number": "\x7f,10 \x7f.❽",
        "marks between digits": "8\ufe0f\u20e3" * 5}  # fmt: skip


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_a_hard_text_has_the_same_signs_among_others(text: str) -> None:
    assert signs_of([text], SIGNS) == [frozenset(find_signs(text, SIGNS))]


@pytest.mark.parametrize("plane", range(17))
def test_shape_and_fold_agree_on_words(plane: int) -> None:
    """A code point is a letter or digit where the fold has one, and a mark where it drops it."""
    for code in range(plane << 16, (plane + 1) << 16):
        kind, folded = SHAPES[code], FOLD[code]
        assert (kind in MARKS) == (not folded), hex(code)
        assert (kind in LETTERS + DIGITS) == (folded == folded.strip() != ""), hex(code)


TERMS = ("home", "at home", "что", "vpn можно", "什么", "加v", "com", "hom*", "*什么", "驗證",
         "-a-")  # fmt: skip
AROUND = st.sampled_from(
    [*" \n.,!?:;'’()\"@#/-_*&w。，〜", "\u200b", "\u0301", "\ufe0f", "é", "½", "x", "不", "ที่",
     "www.", "://", "'", "😀\ufe0f", "ｗ", "い", "一", "j", "\u3000", "\ufdfa", "İ", "K"]
)  # fmt: skip


def has(text: str, term: str) -> bool:
    return Term.of(term).sure in sure_letters(without_opaque(text))


@pytest.mark.parametrize(("text", "term"), [
    ("I was AT HOME.", "at home"), ("(home)", "home"), ("你说什么？", "什么"),
    ("see shop.example/a and go home", "home"), ("Что, опять", "что"), ("𝐡𝐨𝐦𝐞😀", "home"),
    ("加我微信vx", "vx"), ("看https://a.example/b什么", "什么"), ("homeless", "hom*"),
])  # fmt: skip
def test_a_term_in_letters_of_its_own_surely_counts(text: str, term: str) -> None:
    """Capitals, dress, and links elsewhere in the text, make no difference."""
    assert has(text, term)


@pytest.mark.parametrize(("text", "term"), [
    ("go to shop.example/home now", "home"), ("ask @home", "home"), ("l'home", "home"),
    ("at  home", "at home"), ("h\u043eme", "home"), ("homes", "home"), ("什么\u0e34", "什么"),
])  # fmt: skip
def test_a_term_that_may_be_something_else_does_not(text: str, term: str) -> None:
    """In a link, behind an apostrophe, apart, in other letters, or with a mark."""
    assert not has(text, term)


@given(st.sampled_from(TERMS), st.lists(AROUND, max_size=6), st.lists(AROUND, max_size=6))
def test_what_surely_counts_is_found(term: str, before: list[str], after: list[str]) -> None:
    """The check of a term at its place agrees."""
    text = f"{''.join(before)}{term.strip('*').capitalize()}{''.join(after)}"
    if has(text, term):
        rule = Rule(id="rule", severity=Severity.LOW, why="Tests.", groups=((term,),))
        assert Matcher([pack_of(rule)]).find(text), text


def test_a_text_with_too_many_places_has_no_certain_score() -> None:
    """Adding up its terms may take more steps than a post may take, which its result says."""
    score = Score(threshold=9, terms={"home": -9, "prize": 9})
    rule = Rule(id="rule", severity=Severity.LOW, why="Tests.", score=score)
    index = PatternIndex([rule])
    scored = ScoredRules([rule], index, Automaton(index.patterns))
    [home] = [at for at, pattern in enumerate(index.patterns) if pattern == " home "]
    signs = PartSigns("text", "at home", (), {})
    for places, totals in ((400, [0]), (401, [])):
        certain = scored.certain("at home", signs, [home] * places, {0: 9}, Effort(100))
        assert [score.total for score in certain] == totals


TEXTS = {
    "a common word": ("Ayo main slot yang gacor malam ini", Gate("Latin", "id"), True),
    "no common word": ("gacor maxwin jackpot scatter bonus", Gate("Latin", "id"), False),
    "few words": ("gacor maxwin jackpot scatter", Gate("Latin", "id"), True),
    "letters in dress": ("𝐬𝐥𝐨𝐭 𝐠𝐚𝐜𝐨𝐫 ｄｉ ｓｉｎｉ", Gate("Latin"), True),
    "half of the letters": ("abc абв", Gate("Latin"), True),
    "less than half": ("abc абвг", Gate("Latin"), False),
    "no letter": ("123 🔥", Gate("Latin"), True), "nothing": ("", Gate("Latin", "id"), True),
    "look-alikes": ("рот", Gate("Latin"), False), "Han letters": ("加微信 vx", Gate("Han"), True),
    "a link among Han letters": ("免费送 88aa.example.com", Gate("Han"), False),
    "a link is few words of a Chinese text": ("免费送 88aa.example.com", Gate("Chinese"), True),
    "a Chinese name in an English text": ("How to write 上海 in Latin", Gate("Chinese"), False),
    "a Japanese text": ("これは無料です", Gate("Chinese"), False),
    "any text": ("что угодно", Gate(), True),
}  # fmt: skip


@pytest.mark.parametrize(("text", "gate", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_text_passes_a_gate_or_not(text: str, gate: Gate, expected: bool) -> None:
    assert passes(text, gate) == expected


def test_each_list_has_two_hundred_words() -> None:
    assert {language: len(words_of(language)) for language in word_lists()} == {"en": 200,
        "id": 200}  # fmt: skip
    assert "Latin" in SCRIPTS
