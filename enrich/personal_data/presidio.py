"""The rules and ja-ginza's named entities together, in Microsoft Presidio's analyzer.

Importing Presidio takes seconds (it brings torch along where that is installed) and the entity
recognition some hundredths of a second a text, so this module is imported only where names matter.
https://microsoft.github.io/presidio/analyzer/ and https://megagonlabs.github.io/ginza/
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from functools import cache

import spacy
from presidio_analyzer import AnalyzerEngine, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine
from presidio_analyzer.recognizer_registry import RecognizerRegistry
from spacy.tokens import Doc

from enrich.clean import MAX_CHARACTERS
from enrich.personal_data.japanese_names import may_hold_name, name_around, usual
from enrich.personal_data.rules import GUESSED, Candidate, Rule, Type, apply

_LANGUAGE = "ja"
_MODEL = "ja_ginza"
_PERSON = "Person"
"""The label of a person's name in Sekine's extended named entities, which ja-ginza tells apart."""

_SENTENCE = re.compile(r"[^\n。!?]{1,400}")
_BATCH = 64


def by_engine(text: str, rules: Sequence[Rule]) -> list[Candidate]:
    """What the rules and the entity recognition propose for a folded text.

    The entity recognition reads the first MAX_CHARACTERS of it, the rules read all.
    """
    results = _engine(tuple(rules)).analyze(text, language=_LANGUAGE)
    return [Candidate(Type(one.entity_type), one.start, one.end, one.score) for one in results]


class RuleRecognizer(LocalRecognizer):
    """The rules of one type."""

    def __init__(self, type: Type, rules: Sequence[Rule]) -> None:
        """`rules`: those of `type`."""
        self._rules = rules
        super().__init__(
            supported_entities=[type.value],
            name=f"rules for {type.value}",
            supported_language=_LANGUAGE,
        )

    def load(self) -> None:
        """Nothing: patterns are compiled when they are written down."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        """What the rules find in `text`."""
        return [_result(one) for one in apply(self._rules, text)]


class GinzaRecognizer(LocalRecognizer):
    """Names of persons by ja-ginza's named entity recognition."""

    def __init__(self) -> None:
        """Load the model, without the parts that names do not need."""
        super().__init__(
            supported_entities=[Type.PERSON.value],
            name="ja-ginza",
            supported_language=_LANGUAGE,
        )

    def load(self) -> None:
        """Load the tokenizer, the vectors and the entity recognition."""
        model = spacy.load(
            _MODEL, exclude=["parser", "morphologizer", "compound_splitter", "bunsetu_recognizer"]
        )
        self._model = model
        # Its tokenizer may not be used by two threads at once.
        self._one_at_a_time = threading.Lock()

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        """The names in the sentences of `text` that may hold one."""
        # A lone surrogate has no UTF-8, which the tokenizer wants.
        plain = usual(text[:MAX_CHARACTERS]).encode(errors="replace").decode()
        sentences = [one for one in _SENTENCE.finditer(plain) if may_hold_name(one[0])]
        found: list[RecognizerResult] = []
        with self._one_at_a_time:
            documents = self._model.pipe((one[0] for one in sentences), batch_size=_BATCH)
            for sentence, document in zip(sentences, documents, strict=True):
                found += [_result(one) for one in _persons(plain, sentence.start(), document)]
        return found


def _persons(text: str, offset: int, document: Doc) -> Iterator[Candidate]:
    for entity in document.ents:
        if entity.label_ == _PERSON:
            place = name_around(text, offset + entity.start_char, offset + entity.end_char)
            if place is not None:
                yield Candidate(Type.PERSON, *place, GUESSED)


def _result(one: Candidate) -> RecognizerResult:
    return RecognizerResult(one.type.value, one.start, one.end, one.score)


@cache
def _engine(rules: tuple[Rule, ...]) -> AnalyzerEngine:
    # Presidio's own linguistic engine is idle: its recognisers of English data are not registered,
    # and ours need no lemmas.
    nothing = NoOpNlpEngine(models=[{"lang_code": _LANGUAGE, "model_name": ""}])
    nothing.load()
    recognizers = [
        RuleRecognizer(type, [rule for rule in rules if rule.type is type]) for type in Type
    ]
    registry = RecognizerRegistry(
        [*recognizers, GinzaRecognizer()], supported_languages=[_LANGUAGE]
    )
    return AnalyzerEngine(registry=registry, nlp_engine=nothing, supported_languages=[_LANGUAGE])
