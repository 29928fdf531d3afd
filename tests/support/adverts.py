"""Invented adverts and remarks to learn from, and whether anything can be learned here."""

from itertools import product

import pytest

from authoring.features import LearningError, find_library
from terang import ROOT

OFFERS = ["bonus besar", "hadiah besar", "modal kecil", "untung besar", "saldo gratis"]
CALLS = ["daftar sekarang", "daftar di situs", "klik situs kami", "ayo daftar", "gabung situs"]
PEOPLE = ["ibu", "bapak", "adik", "kakak", "teman", "guru"]
DEEDS = ["pergi ke pasar", "memasak nasi", "membaca buku", "tidur siang", "naik sepeda"]
ADVERTS = [f"{call}, {offer}" for call, offer in product(CALLS, OFFERS)]
REMARKS = [f"{who} {deed}" for who, deed in product(PEOPLE, DEEDS)]


def _has_library() -> bool:
    try:
        find_library(ROOT)
    except LearningError:
        return False
    return True


NEEDS_LIBRARY = pytest.mark.skipif(not _has_library(), reason="scipy is missing")
