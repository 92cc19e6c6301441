"""The record: every table of Madoguchi. States change in `moves` alone.

Unique keys, not care, keep a second copy out: a message's `identity`, a case's `receipt`, one
pending draft a case, one relation a message, one vector a message and model.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from casebook.clock import now
from casebook.columns import one_of as _one_of
from casebook.columns import states as _states
from casebook.states import (
    CaseState,
    DeliveryState,
    DraftState,
    EntryState,
    IncidentState,
    MessageState,
    PromiseState,
)
from casebook.timing import About, Purpose
from casebook.types import (
    AlertReason,
    Channel,
    Conduct,
    Direction,
    Kind,
    RelationKind,
    Role,
    Visibility,
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


class Sender(models.Model):
    """A way out: an account that replies leave through, and how it is (health).

    `paused`: nothing leaves through it until a person says so. `not_before` tells for each
    visibility when it may be used again (ISO 8601), where that is to come.
    """

    name = models.CharField(max_length=64, unique=True)
    paused = models.BooleanField(default=False)
    not_before = models.JSONField(default=dict)
    sent_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, default="")
    error = models.TextField(default="")
    error_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class OutgoingPause(models.Model):
    """The kill switch: while its one row stands, nothing leaves."""

    key = models.CharField(max_length=8, primary_key=True, default="all")
    who = models.CharField(max_length=150)
    at = models.DateTimeField(default=now)


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
    product = models.CharField(max_length=255, default="")
    cause = models.CharField(max_length=64, default="")
    owner = models.CharField(max_length=150, default="")
    """Login of the person who looks after it; empty: nobody yet."""
    fault_confirmed = models.BooleanField(default=False)
    """People established that the company is at fault, so that a reply may say it."""
    incident = models.ForeignKey(
        "Incident", models.SET_NULL, null=True, default=None, related_name="cases"
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, default=None, related_name="merged"
    )
    """The case that it became part of, and to which its receipt number leads; never one that was
    merged itself."""
    brought = models.JSONField(default=dict)
    """What it brought along when it was merged and how it stood, by which that can be undone
    (`moves.unmerge`); empty where it was not."""
    origin = models.CharField(max_length=255, null=True, unique=True)
    """Key of a past case that was imported from a file; null for a case of our own."""

    class Meta:
        constraints = (
            _states(CaseState, "case"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(state=CaseState.CLOSED.value),
                name="case_merged_is_closed",
            ),
        )
        indexes = (
            models.Index(fields=["author", "opened_at"]),
            models.Index(fields=["state"]),
            models.Index(fields=["opened_at"], name="casebook_ca_opened_idx"),
            models.Index(fields=["display_name"], name="casebook_ca_name_idx"),
        )

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
    erased_at = models.DateTimeField(null=True)
    """When its words were erased here, because it was deleted where it came from."""
    rechecked_at = models.DateTimeField(null=True)
    """When it was last looked up whether it is still there."""
    receipt = models.CharField(max_length=16, null=True, unique=True)
    """The number that its author was told when it came in; a case that it opens gets this one."""
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(default="")

    class Meta:
        constraints = (_states(MessageState, "message"),)
        indexes = (
            models.Index(fields=["state", "id"]),
            models.Index(fields=["author", "received_at"]),
            models.Index(fields=["received_at"]),
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


class Space(models.Model):
    """The vector space in force for a role: of the `meaning`, the `words`, the `history`.

    `space` names it, `model` is what the configuration calls the model that makes its vectors, and
    `data` is that model itself where it was fitted to this record.
    """

    role = models.CharField(
        max_length=16, primary_key=True, choices=[(role.value, role.value) for role in Role]
    )
    space = models.CharField(max_length=255)
    model = models.CharField(max_length=255, default="")
    data = models.BinaryField(default=bytes)
    made_at = models.DateTimeField(default=now)


class Embedding(models.Model):
    """A message's vector in one space: `dimensions` float16 values, little-endian, or sparse words.

    `revision` grows in the order of the commits, also when what the index keeps beside the vector
    changes; an index that knows the last revision it took knows what it has missed.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="embeddings")
    space = models.CharField(max_length=255)
    dimensions = models.PositiveSmallIntegerField()
    vector = models.BinaryField()
    revision = models.BigIntegerField(unique=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "space"], name="embedding_once"),)
        indexes = (models.Index(fields=["space", "revision"], name="casebook_em_space_idx"),)


class Relation(models.Model):
    """What a message is to what was known when it came. `evidence` holds pairs of a sign
    (`casebook.types.Sign`) and its value, which the desk tells in words; `of_message` is the one
    that a duplicate repeats, a follow-up answers, and the first voice of an incident."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="relation")
    kind = _one_of(RelationKind)
    of_message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="relatives")
    evidence = models.JSONField(default=list)
    score = models.FloatField(default=0.0)


class Suggestion(models.Model):
    """A message that looks like another account's matter: for a person to decide on."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="suggestions")
    of_message = models.ForeignKey(Message, models.CASCADE, related_name="look_alikes")
    evidence = models.JSONField(default=list)
    score = models.FloatField(default=0.0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message", "of_message"], name="suggestion_once"),
        )


class OrderNumber(models.Model):
    """A number of an order, a booking or a purchase that a message names, without hyphens: what
    belongs together by it is found whatever its age."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="order_numbers")
    number = models.CharField(max_length=32, db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["message", "number"], name="order_number_once"),
        )


class Incident(models.Model):
    """An event that several customers tell of; each has a case and a reply of his own, and all
    their cases point here. `first` is its first voice, `opened_at` when the second one came."""

    first = models.OneToOneField(Message, models.PROTECT, related_name="incident")
    state = _one_of(IncidentState, IncidentState.OPEN)
    opened_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (_states(IncidentState, "incident"),)

    @property
    def case(self) -> Case | None:
        """The case of its first voice."""
        return self.first.case


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
    gravest = models.PositiveSmallIntegerField(default=0)
    """The highest severity that it had before people corrected it; 0: nobody did."""

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(severity__lte=3), name="triage_severity_0_to_3"),
        )


class Correction(models.Model):
    """What a person said a text is: an exemplar of this company's own for the next refit.

    `expect` maps labels to the right values; labels that nobody spoke of are not in it. A message
    of the record has one at most, and takes it along when it is deleted; a text that was handed in
    by itself has no message.
    """

    message = models.OneToOneField(
        Message, models.CASCADE, null=True, default=None, related_name="correction"
    )
    subject = models.TextField(default="")
    text = models.TextField()
    language = models.CharField(max_length=8)
    channel = _one_of(Channel)
    expect = models.JSONField()
    author = models.CharField(max_length=150)
    at = models.DateTimeField(default=now)


class TriageModel(models.Model):
    """The triage that was fitted to this company's corrections and is in force for vectors of one
    space: `score` is what it reached on the held-back exemplars, `exemplars` how many it was fitted
    on, `corrections` how many of them are the company's own."""

    space = models.CharField(max_length=255, unique=True)
    data = models.BinaryField()
    score = models.FloatField()
    exemplars = models.PositiveIntegerField()
    corrections = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=now)


class Alert(models.Model):
    """Something of which people must be told at once; one a case and reason, or a `promise` and
    reason, or a `draft` and reason. `message` is the one that it is about, `addressed_at` when it
    was decided whom to tell."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="alerts")
    reason = _one_of(AlertReason)
    message = models.ForeignKey(Message, models.CASCADE, related_name="alerts")
    promise = models.ForeignKey("Promise", models.CASCADE, null=True, related_name="alerts")
    draft = models.ForeignKey("Draft", models.CASCADE, null=True, related_name="alerts")
    opened_at = models.DateTimeField(default=now)
    addressed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["case", "reason"],
                condition=Q(promise=None, draft=None),
                name="alert_once",
            ),
            models.UniqueConstraint(fields=["draft", "reason"], name="alert_once_a_draft"),
            models.UniqueConstraint(fields=["promise", "reason"], name="alert_once_a_promise"),
        )
        indexes = (models.Index(fields=["addressed_at", "id"], name="casebook_al_addressed_idx"),)


class AlertDelivery(models.Model):
    """An alert on its way to one target of the configuration, claimed before each try: one that a
    dying process left SENDING may have arrived."""

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="deliveries")
    target = models.CharField(max_length=64)
    state = _one_of(DeliveryState, DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    error = models.TextField(default="")
    moved_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            _states(DeliveryState, "alertdelivery"),
            models.UniqueConstraint(fields=["alert", "target"], name="alert_delivery_once"),
        )
        indexes = (models.Index(fields=["state", "not_before"], name="casebook_ad_state_idx"),)

    @property
    def case(self) -> Case:
        """The case that the alert is about."""
        return self.alert.case


class HarassmentEntry(models.Model):
    """One message in the harassment ledger of its author: when, of which types (the ministry's),
    and the passages that show it. An account of a network is one customer."""

    message = models.OneToOneField(Message, models.PROTECT, related_name="harassment_entry")
    channel = _one_of(Channel)
    author = models.CharField(max_length=320)
    at = models.DateTimeField()
    conduct = _one_of(Conduct)
    types = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    state = _one_of(EntryState, EntryState.STANDING)

    class Meta:
        constraints = (_states(EntryState, "harassmententry"),)
        indexes = (models.Index(fields=["channel", "author", "at"], name="casebook_he_author_idx"),)
        ordering = ("at", "id")

    @property
    def case(self) -> Case | None:
        """The case that the message belongs to."""
        return self.message.case


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
    """A reply on its way out; `version` is the one in force. `due` is the time that it promises.

    `prepared` is how the private message that a public reply invites to is headed (`subject`) and
    what it promises (`due` in ISO 8601); its words are the version's. `identity` is fixed at the
    approval and the same at every try, `sender` the account that it was tried through, `begun_at`
    the first try and `claimed_at` the last; `external_id` and `permalink` are the service's own
    names for what it took.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="drafts")
    answers = models.ForeignKey(Message, models.PROTECT, related_name="drafts")
    purpose = _one_of(Purpose, Purpose.FIRST_REPLY)
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
    prepared = models.JSONField(default=dict)
    identity = models.CharField(max_length=64, default="")
    sender = models.CharField(max_length=64, default="")
    begun_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, default="")
    error = models.TextField(default="")
    external_id = models.TextField(default="")
    permalink = models.TextField(default="")
    snoozed_until = models.DateTimeField(null=True)
    """Until then it stands in no queue, unless somebody asks for what sleeps."""
    first_approver = models.CharField(max_length=150, default="")
    """Login of the person who approved it first, where policy asks for two; empty: nobody yet."""
    asked_lead = models.CharField(max_length=150, default="")
    """Login of the person who asks a lead to decide; empty: nobody asks."""
    edit_distance = models.PositiveIntegerField(null=True)
    """Characters inserted, deleted or replaced between the machine's wording (version 1) and what
    was approved; null until then."""

    class Meta:
        constraints = (
            _states(DraftState, "draft"),
            models.UniqueConstraint(
                fields=["identity"], condition=~Q(identity=""), name="draft_identity_once"
            ),
            models.UniqueConstraint(
                fields=["case", "purpose"],
                condition=Q(state=DraftState.PENDING.value),
                name="draft_one_pending_a_purpose",
            ),
        )
        indexes = (
            models.Index(fields=["state", "due"]),
            models.Index(fields=["decided_at"], name="casebook_dr_decided_idx"),
        )


class SendTry(models.Model):
    """One try to send a draft: the pace of an account is counted over them, in all processes."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="tries")
    sender = models.CharField(max_length=64)
    visibility = _one_of(Visibility)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = (
            models.Index(fields=["sender", "visibility", "at"], name="casebook_st_sender_idx"),
        )


class DraftVersion(models.Model):
    """One wording of a draft, who wrote it and why; the first is the machine's. `private_body` is
    what goes to the customer in private beside a public reply."""

    draft = models.ForeignKey(Draft, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.TextField(default="")
    body = models.TextField()
    private_body = models.TextField(default="")
    author = models.CharField(max_length=150)
    reason = models.TextField(default="")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["draft", "number"], name="draft_version_once"),
        )


class Estimate(models.Model):
    """When the customer hears from us, as computed for one draft (`casebook.types.Estimate`)."""

    draft = models.OneToOneField(Draft, models.CASCADE, related_name="estimate")
    start = models.DateTimeField()
    due = models.DateTimeField()
    minutes = models.PositiveIntegerField()
    level = models.FloatField(null=True)
    median = models.PositiveIntegerField(null=True)
    cases = models.PositiveIntegerField(default=0)
    beyond = models.BooleanField(default=False)


class EstimateModel(models.Model):
    """The estimator that was fitted to this company's own pace; the newest one is in force.
    `cases` is how many answered cases it was fitted on."""

    data = models.BinaryField()
    cases = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=now)


class Promise(models.Model):
    """A time told to a customer, watched until it is kept, renewed or broken.

    `renews` is the promise that this one took the place of, with notice; `settled_by` the reply
    that kept it; `reason` says why one was broken.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="promises")
    draft = models.ForeignKey(Draft, models.PROTECT, related_name="promises")
    about = _one_of(About, About.ANSWER)
    state = _one_of(PromiseState, PromiseState.OPEN)
    due = models.DateTimeField()
    made_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    renews = models.ForeignKey("self", models.SET_NULL, null=True, related_name="renewed_by")
    settled_by = models.ForeignKey(Draft, models.SET_NULL, null=True, related_name="settled")
    reason = models.TextField(default="")

    class Meta:
        constraints = (
            _states(PromiseState, "promise"),
            models.UniqueConstraint(fields=["draft", "about", "due"], name="promise_once"),
        )
        indexes = (
            models.Index(fields=["state", "due"]),
            models.Index(fields=["case", "state", "due"]),
        )


class Survey(models.Model):
    """The one question a case's customer is asked after it was resolved: how satisfied (CSAT, 1 to
    5), with a comment, and how likely to recommend us (NPS, 0 to 10) where that is asked."""

    case = models.OneToOneField(Case, models.CASCADE, related_name="survey")
    draft = models.ForeignKey(Draft, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now)
    answered_at = models.DateTimeField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    recommend = models.PositiveSmallIntegerField(null=True)
    comment = models.TextField(default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__gte=1, score__lte=5), name="survey_score_1_to_5"
            ),
            models.CheckConstraint(
                condition=Q(recommend=None) | Q(recommend__lte=10), name="survey_recommend_0_to_10"
            ),
        )


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


# What people leave at their desks; it refers to the tables above by name.
from casebook.desk_models import (  # noqa: E402
    ApiToken,
    Note,
    Profile,
    Reading,
    SavedSearch,
    Webhook,
    WebhookDelivery,
)

__all__ = [
    "ApiToken",
    "Note",
    "Profile",
    "Reading",
    "SavedSearch",
    "Webhook",
    "WebhookDelivery",
]
