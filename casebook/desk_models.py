"""What people leave at their desks: notes, marks, searches, and what programs may do for them.

People stand here by their login, as in the audit: the record knows no table of users.
"""

from __future__ import annotations

from django.db import models

from casebook.clock import now
from casebook.columns import one_of, states
from casebook.states import DeliveryState

LOGIN = 150
"""Characters of the longest login."""

SUBJECT = 255
"""Characters of the longest name that an identity provider has for somebody."""


class Profile(models.Model):
    """How a person likes the desk: `language` (`ja`, `en`; empty: the configuration's), `scheme`
    (`light`, `dark`; empty: the system's) and `keys` (`off`: single letters do nothing; empty: they
    are shortcuts). `subject` is who they are to the identity provider (`sub`), whatever they are
    called there; empty until they came in by it."""

    login = models.CharField(max_length=LOGIN, unique=True)
    language = models.CharField(max_length=8, default="")
    scheme = models.CharField(max_length=8, default="")
    keys = models.CharField(max_length=8, default="")
    subject = models.CharField(max_length=SUBJECT, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["subject"], condition=~models.Q(subject=""), name="profile_subject_once"
            ),
        )


class Reading(models.Model):
    """Somebody has a case open, until then; renewed while the page is open."""

    case = models.ForeignKey("Case", models.CASCADE, related_name="readings")
    who = models.CharField(max_length=LOGIN)
    since = models.DateTimeField(default=now)
    until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["case", "who"], name="reading_once"),)


class Note(models.Model):
    """What a colleague wrote down on a case; never shown to the customer. `mentions` holds the
    logins that it calls."""

    case = models.ForeignKey("Case", models.CASCADE, related_name="notes")
    author = models.CharField(max_length=LOGIN)
    body = models.TextField()
    mentions = models.JSONField(default=list)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ("at", "id")


class SavedSearch(models.Model):
    """A search under a name of its owner's: the `query` in words and the `filters` beside it;
    `shared` ones everybody sees."""

    owner = models.CharField(max_length=LOGIN)
    name = models.CharField(max_length=100)
    query = models.TextField(default="")
    filters = models.JSONField(default=dict)
    shared = models.BooleanField(default=False)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "name"], name="saved_search_once"),)
        ordering = ("name",)


class ApiToken(models.Model):
    """A program's key to the API. Only its hash (SHA-256, hexadecimal) is kept; `hint` is its
    beginning, by which people tell keys apart."""

    name = models.CharField(max_length=100)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    role = models.CharField(max_length=16)
    scopes = models.JSONField(default=list)
    author = models.CharField(max_length=LOGIN)
    created_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Webhook(models.Model):
    """An address that is told of `events`; what is sent is signed with `secret` (HMAC)."""

    url = models.TextField()
    secret = models.CharField(max_length=128)
    events = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    author = models.CharField(max_length=LOGIN)
    created_at = models.DateTimeField(default=now)


class WebhookDelivery(models.Model):
    """One event on its way to one webhook; `status` is the last HTTP status, `error` the name of
    the last error."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    state = one_of(DeliveryState, DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(default="")
    created_at = models.DateTimeField(default=now)
    moved_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (states(DeliveryState, "webhookdelivery"),)
        indexes = (models.Index(fields=["state", "not_before"], name="casebook_wd_state_idx"),)
