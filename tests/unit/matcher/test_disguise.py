"""Words in disguise, and honest writing that only looks like one. A row has a term, a text, and the
slices of the text that match."""

import pytest
from support.sample_packs import pack_of, rule_of, slices

from matcher import Evasion, Matcher, Rule, Severity
from matcher.candidates import find_candidates
from matcher.fold import fold
from matcher.readings import CHUNKS_READ, REMEMBERED_LENGTH, Chunks, is_suspect
from matcher.term import affixed_forms
from matcher.vocabulary import Vocabulary
from rules.pack import Affixes

ZWSP, VS16 = "\u200b", "\ufe0f"

DISGUISED = {
    # digits and signs for letters
    "digits and signs": ("asset", "4$$3t", ["4$$3t"]),
    "one digit": ("bomb", "a b0mb here", ["b0mb"]),
    "one for i, and for l": ("killer", "ki11er k1ller", ["ki11er", "k1ller"]),
    "a sign at the start": ("shoot", "$hoot", ["$hoot"]),
    "a sign behind what looks like millions": ("prisms", "pri5m$", ["pri5m$"]),
    "a sign at the end": ("guns", "gun$", ["gun$"]),
    "a full stop after it": ("bomb", "b0mb. B0MB!", ["b0mb", "B0MB"]),
    "a short word with a sign": ("gun", "g@n g!n", []),
    "a short word with a vowel's digit": ("bom", "b0m", ["b0m"]),
    "a plural's digit": ("bombs", "bomb5", ["bomb5"]),
    "both words of a phrase": ("send me", "s3nd me, s3nd m3 and $end me", ["s3nd me", "$end me"]),
    "a phrase with a hyphen": ("jerk-off", "jerk-0ff", ["jerk-0ff"]),
    "a word opened at its end": ("bomb*", "b0mbing", ["b0mb"]),
    "a word opened at its start": ("*bomb", "carb0mb", ["b0mb"]),
    "next to Han letters": ("bomb", "请b0mb给", ["b0mb"]),
    "next to an accent": ("décor", "d3cor dec0r", ["d3cor", "dec0r"]),
    "an invisible character too": ("bomb", f"b{ZWSP}0mb", [f"b{ZWSP}0mb"]),
    "a look-alike too": ("bomb", "b0мb", ["b0мb"]),
    "Cyrillic with digits": ("бомба", "б0мба", ["б0мба"]),
    "digits that look like Cyrillic letters": (
        "чебурек", "4ебурек че6урек 4е6урек", ["4ебурек", "че6урек", "4е6урек"]),
    "a digit for the Cyrillic z": ("заказ", "3аказ зака3 3ака3", ["3аказ", "зака3", "3ака3"]),
    "an @ inside, behind another sign": ("beastial", "beas+!@l", ["beas+!@l"]),
    "an @ that begins a word, and a $ that ends it": (
        "alerts", "@lert$ @ler7$", ["@lert$", "@ler7$"]),
    "an @ that begins a word, and a + that ends it": ("agent", "@gen+ @g3n+", ["@gen+", "@g3n+"]),
    "a plus at the end, when the rest is not a word": (
        "moment", "momen+ m0men+", ["momen+", "m0men+"]),
    "a plus at the end of four letters": ("wilt", "wil+ WIL+", ["wil+", "WIL+"]),
    "a plus at the start": ("tower", "+ower", ["+ower"]),
    "a mark of exclamation inside three letters": ("tin", "+!n", ["+!n"]),
    "a counting digit, when the rest is not a word": ("kiwi", "kiw1", ["kiw1"]),
    "digits and signs alone, three of them signs": (
        "settle", "$3++!3 53++!3 5377!3", ["$3++!3", "53++!3"]),
    "an @ that begins a word": ("assassins", "@ssassins", ["@ssassins"]),
    "an @ that begins a word of five letters": ("alarm", "@larm @l4rm", ["@larm", "@l4rm"]),
    "an @ that begins a word, and one that ends it": ("alfalfa", "@lf@lf@", ["@lf@lf@"]),
    "digits and signs alone, three of five or four signs": (
        "seats", "5€@+$ $34+$", ["5€@+$", "$34+$"]),
    "two letters that are not a word, and two digits or three": (
        "shots", "sh07s sh075 Sh075", ["sh07s", "sh075"]),
    "what would be a number with an exponent": ("tested", "7e5+ed", ["7e5+ed"]),
    "the same behind an @": ("plates", "pl@7e5", ["pl@7e5"]),
    "digits behind a word": ("test", "test0 test42", ["test", "test"]),
    "reduplication by digit": ("bom", "bom2", ["bom"]),
    # repeated letters
    "a stretched vowel": ("bomb", "booomb", ["booomb"]),
    "a stretched end": ("bomb", "bombbbbb", ["bombbbbb"]),
    "stretched in capitals": ("bomb", "BOoOMB", ["BOoOMB"]),
    "two runs": ("help", "heeellpp", ["heeellpp"]),
    "a run of two stretched": ("hello", "hellllo", ["hellllo"]),
    "stretched Arabic": ("سلام", "سلااااام", ["سلااااام"]),
    "stretched over invisible characters": ("bomb", f"bo{ZWSP}o{ZWSP}omb", [f"bo{ZWSP}o{ZWSP}omb"]),
    "stretched by look-alikes": ("bomb", "bоoomb", ["bоoomb"]),
    "stretched and with a digit": ("bomb", "b000mb", ["b000mb"]),
    # letters apart
    "full stops": ("bomb", "b.o.m.b", ["b.o.m.b"]),
    "spaces": ("bomb", "the b o m b now", ["b o m b"]),
    "hyphens with spaces": ("bomb", "b - o - m - b", ["b - o - m - b"]),
    "stars": ("bomb", "b*o*m*b", ["b*o*m*b"]),
    "emoji": ("bomb", "b🔥o🔥m🔥b", ["b🔥o🔥m🔥b"]),
    "emoji of two code points": ("bom", f"b❤{VS16}o❤{VS16}m", [f"b❤{VS16}o❤{VS16}m"]),
    "underscores": ("bomb", "b_o_m_b", ["b_o_m_b"]),
    "an article before": ("bomb", "a b o m b", ["b o m b"]),
    "another separator before": ("bomb", "a b.o.m.b", ["b.o.m.b"]),
    "a Cyrillic word of one letter before": ("пароли", "и п а р о л и", ["п а р о л и"]),
    "a mark of exclamation behind": ("bomb", "b o m b !", ["b o m b"]),
    "a mark of exclamation before": ("bomb", "! b o m b", ["b o m b"]),
    "a broken word of another script": ("bomb", "приве\u202eт b o m b", ["b o m b"]),
    "a phrase": ("send me", "s e n d  m e", []),
    "a phrase of longer words": ("send otp", "s e n d  o t p", ["s e n d  o t p"]),
    "with digits": ("bomb", "b.0.m.b", ["b.0.m.b"]),
    "three small letters": ("gun", "g.u.n g u n", ["g.u.n", "g u n"]),
    "two words that dots cut": ("your invoice", "You.r in.voice.", ["You.r in.voice"]),
    "in capitals, and by several dots": ("your invoice", "(YO.UR IN.VO.ICE)", ["YO.UR IN.VO.ICE"]),
    "two words cut by middle dots": ("your invoice", "yo·ur in·voice", ["yo·ur in·voice"]),
    "a Cyrillic word that a dot cuts": ("новые пароли", "но.вые паро.ли", ["но.вые паро.ли"]),
    "Cyrillic apart": ("бомба", "б о м б а", ["б о м б а"]),
    "Arabic apart, after Latin apart": ("bomb", "b o m b ح و ا ل ا ت", ["b o m b"]),
    "Latin apart, after Arabic apart": ("سلام", "س ل ا م b o m b", ["س ل ا م"]),
    "Han with spaces": ("验证码", "验 证 码", ["验 证 码"]),
    "Han with emoji": ("加微信", "加🔥微🔥信", ["加🔥微🔥信"]),
    "Han with underscores": ("验证码", "验_证_码", ["验_证_码"]),
    "Han with hyphens and spaces": ("验证码", "验 - 证 - 码", ["验 - 证 - 码"]),
    "Han apart twice, each otherwise": (
        "发给我", "发 给 我 发-给-我 发·给·我", ["发 给 我", "发-给-我", "发·给·我"]),
    "traditional Han apart": ("验证码", "驗.證.碼", ["驗.證.碼"]),
    # masked letters
    "a star": ("bomb", "b*mb", ["b*mb"]),
    "two stars": ("fuck", "f**k", ["f**k"]),
    "a star for two letters": ("bombing", "bo*ing", ["bo*ing"]),
    "a star for a double letter": ("pussy", "pu*y", ["pu*y"]),
    "two places": ("weapons", "w*ap*ns", ["w*ap*ns"]),
    "the last letter": ("bombs", "bomb*", ["bomb*"]),
    "the last letter of three": ("gun", "gu*", ["gu*"]),
    "a full-width star": ("bomb", "b＊mb", ["b＊mb"]),
    "a bullet": ("bomb", "b•mb", ["b•mb"]),
    "Arabic, whose words are short": ("نجس", "ن*س", ["ن*س"]),
    "a word opened at its end, masked": ("bomb*", "b*mbing", ["b*mb"]),
    "a number sign or per cent inside": ("fuck", "f#ck fu#k f%ck", ["f#ck", "fu#k", "f%ck"]),
    "a star that is escaped": ("fuck", r"f\*ck f\*\*k", [r"f\*ck", r"f\*\*k"]),
    "a star and Arabizi's digit": ("j7ba", "j7*a", ["j7*a"]),
    "a sign and a star": ("shoot", "$h*ot", ["$h*ot"]),
    "the first letter, when the rest is not a word": ("bomber", "a *omber here", ["*omber"]),
    "the first letter of a word in a phrase": (
        "top secret", "top *ecret, top-*ecret", ["top *ecret", "top-*ecret"]),
    "the first letter of Arabic": ("نجس", "*جس", ["*جس"]),
    "i and l with a star": ("killings", "kil*ings", ["kil*ings"]),
    # a letter of a foreign script
    "a Latin letter in an Arabic word": ("رسالة", "رsالة", ["رsالة"]),
    "two Latin letters for one": ("شراء", "shراء", ["shراء"]),
    "a digit for an Arabic letter": ("لعين", "ل3ين", ["ل3ين"]),
    "a digit that looks like an Arabic letter": (
        "قمار", "قم1ر 9مار قم١ر", ["قم1ر", "9مار", "قم١ر"]),
    "a digit for hamza": ("خائن", "خا2ن", ["خا2ن"]),
    "an Arabic letter in a Latin word": ("bomba", "boمba", ["boمba"]),
}  # fmt: skip

HONEST = {
    "a number and its unit": (["sos", "look", "tam", "lan", "asan"], "50s 100k 7am 1an 45an"),
    "a Cyrillic number and its unit": (["бч", "зг", "чшт", "зл"], "6ч 3г 4шт 3л"),
    "a number alone": (["lol", "sos"], "101 505 1,01 5.0.5"),
    "a word and its number": (["babi", "pager", "gate", "gens"], "bab1 pag3r4 Gat3 Bab1 gen5G"),
    "a word and a year": (["bombs"], "bom1985"),
    "a model": (["ass", "gas", "babi", "hini"], "A5S A55 a55 G4S B4B1 H1N1 a5s"),
    "a code of capitals and a digit": (["her", "gate"], "HER2 GATE7"),
    "letters and a number": (["mal"], "m a 1"),
    "a price": (["suso", "usd", "ass"], "US$50 A$5 $5 S$50"),
    "a question or a call": (["taxi", "bani", "guni"], "No tax! ban! gun!!"),
    "a service with a plus": (["start", "post", "at"], "star+ pos+ A+ 18+"),
    "a line with a plus": (["train", "terror"], "+rain +error"),
    "a word in quotes or brackets": (["kill"], "'ill' |ill| !ill"),
    "an address": (["ass", "last"], "a@ss.example l@st.example"),
    "a mention": (["bomb", "bomber", "anal", "arms"], "@b0mb @b0mber @nal @rms"),
    "a mention of an ordinary word": (["alive", "about"], "@live @bout"),
    "a mention of somebody elsewhere": (["alfalfa"], "@lf@lf@a.example"),
    "a word that a dot cuts": (["username"], "user.name user.email user.name"),
    "calls": (["research", "withdraw"], "re.search(x) with.draw(y)"),
    "paths, links and addresses": (
        ["your", "invoice"],
        "/you.r in.voice/ https://a.example/you.r,in.voice you.r@a.example @in.voice x-in.voice"),
    "more of a word behind it": (["your", "invoice"], "you.r2 in.voice.7 2you.r .in.voice"),
    "short words that dots cut": (["ill", "kits"], "i.ll k.its"),
    "words that spaces cut too": (["your", "invoice"], "you. r in .voice"),
    "a double letter": (["helo", "hel", "as", "con", "god"], "hello hell ass coon good"),
    "a double letter of a stretched word": (["heel", "hello"], "helllp heelo heeelo"),
    "a Roman number": (["ii", "xi", "i", "xxi", "xii"], "III XIII XXIII xxiii"),
    "a colour": (["oof", "fofo"], "#00FFFF #F0FFF0"),
    "a wildcard, and a pointer": (["party", "types"], "mail/part* part*.txt std::type*"),
    "a short word with a star": (["ism", "inn", "top", "cup"], "is* in* to* *up *ow"),
    "what a typesetter escapes": (["done", "types"], r"don\*(Aqt type\*(Aqs"),
    "letters that are named": (["bic"], "A o (B i C)"),
    "digits in a row": (["10"], "1000 10000"),
    "laughter": (["ha", "hah"], "haaaa hahahaha"),
    "an address of the web": (["wow"], "www.wow.example www"),
    "initials": (["jap", "gas", "ass"], "J.A.P. Smith G. A. S. Kumar A S S"),
    "a list of letters": (["bad", "abcd"], "b, a, d; a, b, c, d"),
    "letters of several words": (["lass", "asset"], "c l a s s e t"),
    "words apart": (["bomb"], "bo mb b omb bom b bo.mb bo-mb"),
    "two letters apart": (["ok", "tv"], "o k t.v o-k"),
    "a number sign or per cent at a word": (["fuck"], "#uck fuc# 100%uck fuc%"),
    "two letters with a number sign or per cent": (["form", "news"], "F#m n%s n%lus n%ldws"),
    "a sum": (["aob", "sea", "boob", "buceta"], "2*a = 4, 5*3, sqrt(a*a + b*b), b*c*a = 1"),
    "the number of a note": (["nude"], "nu*3"),
    "a correction": (["terror", "mother", "slaughter"], "*error *other *laughter"),
    "a note's star": (["bombs", "army"], "bomb* and arm*\n* while stocks last"),
    "a bullet at the edge": (["bombs", "abomb"], "•bomb, bomb•"),
    "a placeholder of a version": (["xxx"], "10.x.x.x or x x x"),
    "a letter behind an apostrophe": (["sis", "sad", "las"], "that's a d, s i s'ha, l'a s"),
    "a variable": (["shit", "sis", "sex"], "my $hit = 1; $is_new, $hit->{a}[$ex]"),
    "a class of a pattern": (["scam*", "wts", "scams"], r"SET\s*Mark /^\w+$/ \s*cams"),
    "a serial": (["babi"], "709cbe4c-80c1-56db-8ab1-dbce3146d2f7"),
    "a number with an exponent": (["lego", "oxbad", "les"], "alloc(-1e90) 1E90 0xbad 1e5+3 1e5!"),
    "a word and a number without a space": (["toto", "ilot"], "to70 il07"),
    "a chapter behind a word": (["files"], "the log File5.4"),
    "a + when the rest is a word": (
        ["start", "post", "tends", "tall", "butt"], "star+ pos+ +ends +all but+"),
    "a name that is raised by one": (["nickt", "foot"], "nick++ foo++"),
    "the first letter, when the rest is a word": (
        ["shit", "unix", "imut", "swords"], "*hit *nix *mut *words"),
    "a topic behind a word": (["codes", "books"], "s3t code#カ book#ที่ #เลย"),
    "a price in thousands": (["stok", "slmt", "sob", "sm", "kiss"], "$70K $1m+ $0b 50k$ $1.5m $k"),
    "digits and signs alone that are a sum": (
        ["settle", "tititi", "titit", "ittt"], "53+71*3 $57.7+13 +1 71 +171 7+1 7+1+7 1+++"),
    "a counted word": (["taxi", "moda"], "tax1 mod4 Kiw1 Kiw4"),
    "Arabic and a number": (["ايام", "غرفةا", "اغرفة"], "2يام 7 غرفة غرفة1 1غرفة"),
    "words set off by lines and pluses": (["louti", "tit"], "an |out| and +i+ [a|t]"),
    "two names in capitals": (["acc"], "ACCC ACC1"),
    "an abbreviation": (["eg", "ie"], "e.g. i.e."),
    "emphasis": (["bold", "bolds", "abold"], "*bol* **bol** *bol now* and *so bol*"),
    "a bullet at a word": (["kill", "call"], "*ill\n*all •all"),
    "too few letters left": (["fire", "bomb", "bombing"], "f*** b**m b**** bo*****"),
    "another word that a star does not fit": (["bomb", "bombs"], "b*mp b*ombs"),
    "a Latin word behind an Arabic particle": (["war", "lion"], "وar لion"),
    "an Arabic word and a Latin letter that sounds otherwise": (["رسالة"], "رkالة"),
    "a Han sentence that ends": (["转账"], "好转。账单"),
    "Han words that a space parts": (["转账", "单转账"], "账单 转 账户"),
    "an enumeration of Han": (["甲乙丙"], "甲、乙、丙"),
    "a name run together": (["big word"], "#Bigword BigWord"),
    "Arabizi, whose digits are its letters": (["mart", "tara"], "ma7 ma7al 3ala"),
    "a link's own hash": (["big word"], "see https://a.example/#BigWord www.a.example/#BigWord"),
    "a mixed-up link": (["bomb"], "https://a.example/b0mb b0mb.example/b*mb"),
}  # fmt: skip


@pytest.mark.parametrize(("term", "text", "expected"), DISGUISED.values(), ids=DISGUISED)
def test_reads_a_disguised_word(term: str, text: str, expected: list[str]) -> None:
    assert slices(rule_of([term]), text) == expected


@pytest.mark.parametrize(("term", "text", "expected"), DISGUISED.values(), ids=DISGUISED)
def test_an_exact_rule_does_not_read_disguises(term: str, text: str, expected: list[str]) -> None:
    assert {*slices(rule_of([term], exact=True), text)} <= {term}


@pytest.mark.parametrize(("terms", "text"), HONEST.values(), ids=HONEST)
def test_does_not_match_honest_writing(terms: list[str], text: str) -> None:
    assert slices(rule_of(terms), text) == []


EVASIONS = {
    "digits": ("bomb", "b0mb", (Evasion.LEET,)),
    "a repeated letter": ("bomb", "booomb", (Evasion.REPEATED,)),
    "letters apart": ("bomb", "b.o.m.b", (Evasion.SEPARATED,)),
    "a star": ("bomb", "b*mb", (Evasion.MASKED,)),
    "digits behind": ("bomb", "bomb7", (Evasion.PADDED,)),
    "a foreign letter": ("bomba", "boمba", (Evasion.FOREIGN,)),
    "another Han letter": ("验证码", "驗證碼", (Evasion.HAN,)),
    "the same, the other way round": ("驗證碼", "验证码", (Evasion.HAN,)),
    "a hashtag, which is not a disguise": ("big word", "#BigWord", ()),
    "several": ("bomb", "b.0.м.b", (Evasion.LEET, Evasion.LOOKALIKE, Evasion.SEPARATED)),
    "a digit that the term has too": ("mp3", "mp3", ()),
    "a letter that the term has twice": ("hello", "hello", ()),
}  # fmt: skip


@pytest.mark.parametrize(("term", "text", "evasion"), EVASIONS.values(), ids=EVASIONS)
def test_a_span_names_the_disguise(term: str, text: str, evasion: tuple[Evasion, ...]) -> None:
    [hit] = Matcher([pack_of(rule_of([term]))]).find(text)
    assert {span.evasion for span in hit.spans} == {evasion}


def test_a_disguised_word_counts_in_windows_as_the_words_it_is_written_in() -> None:
    matcher = Matcher([pack_of(rule_of(["send"], ["code"], within=1))])
    assert matcher.find("s3nd the c0de")
    assert not matcher.find("s3nd me the c0de")
    assert matcher.find("s e n d the c o d e")


def test_a_disguised_exception_counts() -> None:
    rule = rule_of(["otp"], unless=("never share",))
    assert Matcher([pack_of(rule)]).find("n3ver share the otp") == ()


def test_two_words_that_fit_one_disguise_are_both_found() -> None:
    assert slices(rule_of(["bomb", "bumb"]), "b*mb") == ["b*mb"]
    rules = [Rule(id=f"rule-{term}", severity=Severity.LOW, why="Tests.", groups=((term,),))
             for term in ("bomb", "bumb")]  # fmt: skip
    assert len(Matcher([pack_of(*rules)]).find("b*mb")) == 2


def test_a_plain_text_is_not_searched_for_disguises() -> None:
    text = "Plain words, 24 of them (or so), e-mail included: all is well. 请把它给我。"
    assert not is_suspect(text, fold(text))
    assert find_candidates(text) == []


AFFIXED = {
    "17 me- before k": ("kirim", "mengirim mengirimkan mengirimi", 3),
    "17 me- before s, t and p": ("sapu", "menyapu", 1),
    "17 me- before a cluster": ("proses", "memproses", 1),
    "17 me- before a vowel": ("ambil", "mengambil", 1),
    "17 me- before a word of one syllable": ("bom", "mengebom pengeboman", 2),
    "17 di-, ber-, ter-": ("kirim", "dikirim berkirim terkirim", 3),
    "17 -nya, -kan, -i, -an": ("kirim", "kirimnya kirimkan kirimi kiriman", 4),
    "17 reduplication": ("obat", "obat-obatan, obat2, obat-obat", 3),
    "17 colloquial": ("kirim", "ngirim kirimin", 2),
    "17 pe- and pe-an": ("jual", "penjual penjualan", 2),
    "17 no other word": ("obat", "sobat robat batas", 0),
    "17 a phrase stays as it is": ("kode otp", "kode otpnya", 0),
}  # fmt: skip


@pytest.mark.parametrize(("term", "text", "count"), AFFIXED.values(), ids=AFFIXED)
def test_affixes_of_indonesian_match_if_asked_for(term: str, text: str, count: int) -> None:
    assert len(slices(rule_of([term], affixes=Affixes.ID), text)) == count


def test_without_the_option_affixes_make_other_words() -> None:
    assert slices(rule_of(["kirim"]), "mengirimkan kirimnya") == []


def test_a_form_is_reported_as_its_term() -> None:
    rule = rule_of(["kirim"], affixes=Affixes.ID)
    [hit] = Matcher([pack_of(rule)]).find("tolong k1rimkan")
    assert [(span.term, span.evasion) for span in hit.spans] == [("kirim", (Evasion.LEET,))]


def test_a_word_has_a_bounded_number_of_forms() -> None:
    words = ("kirim", "percaya", "bom", "obat", "cari")
    assert max(len(affixed_forms(word)) for word in words) < 150


@pytest.mark.parametrize(
    "text",
    ["今天#话题 很好", "ที่นี่#ดี", "価格は50%です", "#news and 5% of it", "大家@张三@李四 早上好"],
)
def test_hashtags_mentions_and_percentages_are_not_suspect(text: str) -> None:
    """Chinese posts are full of them, and a look for disguises costs ten times a plain one."""
    assert not is_suspect(text, fold(text))


WORDS = [" bomb ", " pussi ", " hello world ", " سلاح "]

ORDINARY = {
    "a number with its unit": "24h, 10k and 100x", "a word with its number": "covid19",
    "emphasis": "**bold** and **two words**", "a telephone number": "+7 999 111-22-33",
    "a price": "$70 or 50€", "a hashtag of other words": "#BigDay",
    "letters apart that are no word": "x y z", "a long run of a letter": "yaaaa",
}  # fmt: skip

MISSED_PIECES = {
    "a digit": "b0mb", "a digit, and a call after it": "pu5s!", "a star": "b*mb",
    "a star among emphasis": "**b*mb**", "a hash as a star": "b#mb",
    "a run of a letter": "booomb", "a letter of another script": "سلاh",
    "words after a hash": "#HelloWorld", "between brackets": "(b0mb)",
    "after Han letters": "买b0mb",
    "in a chunk too long to remember": f"{'-' * REMEMBERED_LENGTH}b0mb",
    "after more chunks than are read": " ".join(f"a{n}b" for n in range(CHUNKS_READ + 1)),
}  # fmt: skip


@pytest.fixture(scope="module")
def chunks() -> Chunks:
    return Chunks(Vocabulary(WORDS))


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_writing_hides_nothing(chunks: Chunks, text: str) -> None:
    assert not chunks.may_hide(text)
    assert not chunks.may_hide(text), "the same when it is remembered"


@pytest.mark.parametrize("text", MISSED_PIECES.values(), ids=MISSED_PIECES)
def test_a_disguise_is_never_ordinary(chunks: Chunks, text: str) -> None:
    assert chunks.may_hide(text)
    assert chunks.may_hide(text), "the same when it is remembered"


def test_letters_apart_are_read_together(chunks: Chunks) -> None:
    assert chunks.may_hide_apart("b.o.m.b", " b o m b ")
    assert not chunks.may_hide_apart("x y z", " x y z ")
