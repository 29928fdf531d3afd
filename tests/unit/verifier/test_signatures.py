"""Ed25519 in the verifier: the vectors of RFC 8032, and whatever `cryptography` says."""

from hashlib import sha512

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from support.log_signer import LocalSigner

from verify import ORDER, PRIME, is_signed

VECTORS = [  # section 7.1: key, message, signature
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf", sha512(b"abc").hexdigest(),
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_are_accepted(key: str, message: str, signature: str) -> None:
    assert is_signed(bytes.fromhex(message), bytes.fromhex(signature), bytes.fromhex(key))


def theirs(message: bytes, signature: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@given(st.text(max_size=4), st.binary(max_size=80), st.integers(0, 96 * 8), st.integers(-1, 1))
def test_it_says_what_cryptography_says(word: str, message: bytes, bit: int, cut: int) -> None:
    """Of a signature, and of one with a bit of the key or the signature changed, or a byte cut."""
    signer = LocalSigner(word)
    both = bytearray(signer.public_key() + signer.sign(message) + b"\0")
    both[bit // 8] ^= (1 << bit % 8) if bit < 96 * 8 else 0
    key, signature = bytes(both[:32]), bytes(both[32 : 96 + cut])
    assert is_signed(message, signature, key) == theirs(message, signature, key)
    assert is_signed(message, signature, key) == (bit == 96 * 8 and cut == 0)


def test_a_point_or_number_in_another_form_is_refused() -> None:
    """A signature has one form, so that nobody can make a second one of it."""
    key, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    s = int.from_bytes(signature[32:], "little")
    assert not is_signed(message, signature[:32] + (s + ORDER).to_bytes(32, "little"), key)
    neutral, s_zero = (1).to_bytes(32, "little"), bytes(32)
    assert is_signed(message, neutral + s_zero, neutral)  # 0 = 0B - k0: whoever takes such a key
    for other in (PRIME + 1, 1 | 1 << 255, 2, PRIME - 1 + PRIME):
        encoded = (other % (1 << 256)).to_bytes(32, "little")
        assert not is_signed(message, neutral + s_zero, encoded)
        assert not is_signed(message, encoded + s_zero, neutral)
    assert not is_signed(message, signature, key[:31])
