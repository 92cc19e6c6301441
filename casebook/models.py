"""The record: every table of Madoguchi. States change in `moves` alone.

Unique keys, not care, keep a second copy out: a message's `identity`, a case's `receipt`, one
pending draft a case, one relation a message, one vector a message and model.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q

from casebook.clock import now
from casebook.states import CaseState, DraftState, MessageState, PromiseState
from casebook.types import Channel, Conduct, Direction, Kind, RelationKind, Visibility


def _one_of(values: type[StrEnum], default: StrEnum | None = None) -> models.CharField[str, str]:
    field: models.CharField[str, str] = models.CharField(
        max_length=16, choices=[(value.value, value.value) for value in values]
    )
    if default is not None:
        field.default = default.value
    return field


def _states(values: type[StrEnum], table: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(state__in=[value.value for value in values]), name=f"{table}_state_known"
    )


class Sequence(models.Model):
    """A counter whose row lock makes its numbers appear in the order of the commits."""

    name = models.CharField(max_length=32, primary_key=True)
    value = models.BigIntegerField(default=0)


class Source(models.Model):
    """A way in: where it stands (`cursor`) and how it is (health).

    `error_since` is when the present trouble began; empty while all is well.
    """

    name = models.CharField(max_length=64, unique=True)
    cursor = models.JSONField(default=dict)
    polled_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, default="")
    error = models.TextField(default="")
    error_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Case(models.Model):
    """One customer's matter, over all its messages, under its receipt number."""

    receipt = models.CharField(max_length=16, unique=True)
    state = _one_of(CaseState, CaseState.OPEN)
    channel = _one_of(Channel)
    author = models.CharField(max_length=320)
    display_name = models.CharField(max_length=320, default="")
    language = models.CharField(max_length=8, default="")
    subject = models.TextField(default="")
    opened_at = models.DateTimeField(default=now)
    replied_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolution = models.TextField(default="")
    origin = models.CharField(max_length=255, null=True, unique=True)
    """Key of a past case that was imported from a file; null for a case of our own."""

    class Meta:
        constraints = (_states(CaseState, "case"),)
        indexes = (models.Index(fields=["author", "opened_at"]), models.Index(fields=["state"]))

    def __str__(self) -> str:
        return self.receipt


class Message(models.Model):
    """One message, in or out. `identity` is what makes a second copy impossible."""

    identity = models.CharField(max_length=128, unique=True)
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="messages")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="messages")
    direction = _one_of(Direction, Direction.IN)
    state = _one_of(MessageState, MessageState.RECEIVED)
    external_id = models.TextField(default="")
    channel = _one_of(Channel)
    visibility = _one_of(Visibility, Visibility.PRIVATE)
    author = models.CharField(max_length=320)
    display_name = models.CharField(max_length=320, default="")
    recipients = models.JSONField(default=list)
    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=now)
    subject = models.TextField(default="")
    text = models.TextField(default="")
    new_text = models.TextField(default="")
    language = models.CharField(max_length=8, default="")
    message_id = models.TextField(default="", db_index=True)
    in_reply_to = models.TextField(default="")
    references = models.JSONField(default=list)
    permalink = models.TextField(default="")
    flags = models.JSONField(default=list)
    defects = models.JSONField(default=list)
    truncated = models.BooleanField(default=False)
    asked_for = models.BooleanField(default=False)
    """A person wants it answered although it was ignored or failed."""
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(default="")

    class Meta:
        constraints = (_states(MessageState, "message"),)
        indexes = (
            models.Index(fields=["state", "id"]),
            models.Index(fields=["author", "received_at"]),
        )


class Raw(models.Model):
    """A message's bytes as they came, apart so that no list of messages carries them."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="raw")
    data = models.BinaryField()


class Attachment(models.Model):
    """What is known of an attached file; its bytes stay in the raw message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    position = models.PositiveSmallIntegerField()
    name = models.TextField(default="")
    type = models.CharField(max_length=255)
    bytes = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message", "position"], name="attachment_once"),
        )


class Embedding(models.Model):
    """A message's vector under one model: `dimensions` float16 values, little-endian.

    `revision` grows in the order of the commits, also when what the index keeps beside the vector
    changes; an index that knows the last revision it took knows what it has missed.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="embeddings")
    model = models.CharField(max_length=255)
    dimensions = models.PositiveSmallIntegerField()
    vector = models.BinaryField()
    revision = models.BigIntegerField(unique=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "model"], name="embedding_once"),)


class Relation(models.Model):
    """What a message is to what was known when it came, with the evidence in words."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="relation")
    kind = _one_of(RelationKind)
    of_message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="relatives")
    evidence = models.JSONField(default=list)
    score = models.FloatField(default=0.0)


class Triage(models.Model):
    """What a message is, how grave, and how the person deals with us."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="triage")
    kind = _one_of(Kind)
    severity = models.PositiveSmallIntegerField()
    conduct = _one_of(Conduct, Conduct.ORDINARY)
    language = models.CharField(max_length=8)
    labels = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    confidence = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(severity__lte=3), name="triage_severity_0_to_3"),
        )


class SimilarLink(models.Model):
    """A past case that was shown beside this one; `score` is a cosine, `rank` starts at 1."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="similar_links")
    similar = models.ForeignKey(Case, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField()
    score = models.FloatField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["case", "similar"], name="similar_once"),
            models.UniqueConstraint(fields=["case", "rank"], name="similar_rank_once"),
        )
        ordering = ("case", "rank")


class Draft(models.Model):
    """A reply on its way out; `version` is the one in force."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="drafts")
    answers = models.ForeignKey(Message, models.PROTECT, related_name="drafts")
    state = _one_of(DraftState, DraftState.PENDING)
    channel = _one_of(Channel)
    visibility = _one_of(Visibility)
    language = models.CharField(max_length=8)
    severity = models.PositiveSmallIntegerField(default=1)
    due = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            _states(DraftState, "draft"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state=DraftState.PENDING.value),
                name="draft_one_pending_a_case",
            ),
        )
        indexes = (models.Index(fields=["state", "due"]),)


class DraftVersion(models.Model):
    """One wording of a draft and who wrote it; the first is the machine's."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.TextField(default="")
    body = models.TextField()
    author = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["draft", "number"], name="draft_version_once"),
        )


class Estimate(models.Model):
    """When the customer hears from us, as computed for one draft. `minutes`: business time."""

    draft = models.OneToOneField(Draft, models.CASCADE, related_name="estimate")
    start = models.DateTimeField()
    due = models.DateTimeField()
    minutes = models.PositiveIntegerField()
    level = models.FloatField(null=True)
    basis = models.TextField()


class Promise(models.Model):
    """A time told to a customer, watched until it is kept, renewed or broken."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="promises")
    draft = models.OneToOneField(Draft, models.PROTECT, related_name="promise")
    state = _one_of(PromiseState, PromiseState.OPEN)
    due = models.DateTimeField()
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (_states(PromiseState, "promise"),)
        indexes = (models.Index(fields=["state", "due"]),)


class AuditLine(models.Model):
    """Who did what to which thing, when, and its state before and after. Only ever added to."""

    at = models.DateTimeField(default=now)
    who = models.CharField(max_length=150)
    what = models.CharField(max_length=64)
    thing = models.CharField(max_length=16)
    thing_id = models.BigIntegerField()
    case = models.ForeignKey(Case, models.SET_NULL, null=True, related_name="audit")
    before = models.CharField(max_length=16, default="")
    after = models.CharField(max_length=16, default="")
    note = models.TextField(default="")

    class Meta:
        indexes = (models.Index(fields=["thing", "thing_id"]), models.Index(fields=["case", "id"]))
        ordering = ("id",)
