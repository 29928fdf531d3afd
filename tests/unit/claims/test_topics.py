"""Which checks may make findings: by the public lists, tried on invented claims."""

import pytest

from claims.topics import TIP_LINE_ONLY, kept_out_by, topic_of

FINDINGS = [
    ("en", "Drinking salt water cures the common cold in one night", "health"),
    ("en", "A vaccine against measles contains a microchip", "health"),
    ("en", "A supermarket gives every customer a free voucher for its anniversary", "money"),
    ("en", "A text message asks bank customers for their card number to get a refund", "money"),
    ("en", "A tsunami will hit the coast tonight after the earthquake", "disaster"),
    ("en", "Mobile phones explode when they are used at petrol stations", "technology"),
    ("id", "Air garam menyembuhkan flu dalam satu malam", "health"),
    ("id", "Undian berhadiah dari bank lewat nomor rekening", "money"),
    ("id", "Gunung meletus dan lahar menuju desa malam ini", "disaster"),
    ("id", "Baterai handphone penuh jika aplikasi ini dihapus", "technology"),
    ("zh", "喝盐水可以治疗感冒", "health"),
    ("zh", "银行短信通知客户领取奖品", "money"),
    ("zh", "今晚将有海啸和余震", "disaster"),
    ("zh", "手机充电时二维码会被盗", "technology"),
]
KEPT_OUT = [
    ("en", "The president was cured of cancer by salt water", "office"),
    ("en", "The Labour Party gives every voter a free phone", "party"),
    ("en", "A candidate hid a microchip in vaccines", "candidate"),
    ("en", "Voting machines were hacked through the wifi", "election"),
    ("en", "Protesters set a hospital on fire", "protest"),
    ("en", "Soldiers poisoned the water of a village in the war", "war"),
    ("en", "A church sells pills that cure cancer", "religion"),
    ("en", "Refugees spread malaria in a holiday camp", "people"),
    ("id", "Gubernur membagikan vaksin palsu", "office"),
    ("id", "Partai memberi uang lewat transfer bank", "party"),
    ("id", "Suara pemilu diretas lewat internet", "election"),
    ("id", "Pendemo membakar rumah sakit", "protest"),
    ("id", "Tentara menyebarkan virus dalam perang", "war"),
    ("id", "Obat kanker dari masjid di kota", "religion"),
    ("id", "Pengungsi menyebarkan penyakit campak", "people"),
    ("zh", "总统说喝盐水能治感冒", "office"),
    ("zh", "选举机器的网络被黑客控制", "election"),
    ("zh", "军队在水里下毒", "war"),
    ("zh", "教会出售抗癌药", "religion"),
    ("zh", "难民传播疟疾", "people"),
]


@pytest.mark.parametrize(("language", "claim", "topic"), FINDINGS)
def test_a_claim_is_put_under_its_topic(language: str, claim: str, topic: str) -> None:
    assert topic_of(claim, language) == topic


@pytest.mark.parametrize(("language", "claim", "kept_out"), KEPT_OUT)
def test_a_claim_of_public_life_answers_on_the_tip_line_alone(
    language: str, claim: str, kept_out: str
) -> None:
    assert kept_out in kept_out_by(claim)
    assert topic_of(claim, language) == TIP_LINE_ONLY


def test_a_word_in_another_language_is_kept_out_too() -> None:
    assert topic_of("Presiden menyembuhkan flu", "en") == TIP_LINE_ONLY


def test_a_claim_under_no_topic_answers_on_the_tip_line_alone() -> None:
    assert topic_of("A dog walked nine hundred miles to its family", "en") == TIP_LINE_ONLY
