"""The desk's people: made, listed, given a role, shut out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import override
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from casebook import models as m
from casebook import moves
from casebook.errors import ConfigError
from desk import access
from desk.access import Role
from desk.words import language, say


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may sign in, or might once."""

    login: str
    role: Role | None
    email: str
    active: bool
    last_login: datetime | None


@transaction.atomic
def add(login: str, role: Role, password: str, email: str = "", *, who: str) -> User:
    """Make a person. Raises ConfigError where the login is taken or is none, or the password is
    weak."""
    try:
        UnicodeUsernameValidator()(login)
        if known(login):
            raise ConfigError(say(f"{login} はもういます", f"{login} exists already"))
    except ValidationError as error:
        raise _refused(error) from None
    user = User(username=login, email=email)
    _strong(password, user)
    user.set_password(password)
    user.save()
    give_role(login, role, who=who)
    return user


def _strong(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> ConfigError:
    with override(language()):
        return ConfigError(" ".join(error.messages))


@transaction.atomic
def give_role(login: str, role: Role, *, who: str) -> None:
    """Let a person have this role and no other. Raises ConfigError where nobody has the login."""
    user = found(login)
    group, _ = Group.objects.get_or_create(name=role.value)
    user.groups.set([group])
    moves.account_changed(user.pk, who, f"role {role}")


@transaction.atomic
def disable(login: str, *, who: str) -> list[str]:
    """Let a person in no more, end where they are signed in, and revoke the API's keys that they
    made, for they may know them. Returns the names of these keys. Raises ConfigError where nobody
    has the login."""
    user = found(login)
    user.is_active = False
    user.save(update_fields=["is_active"])
    _sign_out(user)
    moves.account_changed(user.pk, who, "disabled")
    return moves.revoke_tokens_of(login, who)


def _sign_out(user: User) -> None:
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def members() -> Iterator[Member]:
    """Everybody, by login."""
    yield from map(member, rows())


def rows() -> QuerySet[User]:
    """The users of everybody, by login, with their groups."""
    return User.objects.prefetch_related("groups").order_by("username")


def member(user: User) -> Member:
    """Somebody by their user."""
    someone = access.person(user.username, [group.name for group in user.groups.all()])
    return Member(user.username, someone.role, user.email, user.is_active, user.last_login)


@transaction.atomic
def renew(login: str, password: str, *, who: str) -> None:
    """Give a person another password, take their second factor and their identity at the company's
    provider away, and end where they are signed in. Raises ConfigError where nobody has the login,
    or the password is weak."""
    user = found(login)
    _strong(password, user)
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    _sign_out(user)
    user.set_password(password)
    user.is_active = True
    user.save(update_fields=["password", "is_active"])
    m.Profile.objects.filter(login=login).update(subject="")
    moves.account_changed(user.pk, who, "password")


def known(login: str) -> bool:
    """Whether somebody has this login."""
    return User.objects.filter(username=login).exists()


def found(login: str) -> User:
    """The user with this login. Raises ConfigError where there is none."""
    user = User.objects.filter(username=login).first()
    if user is None:
        raise ConfigError(say(f"{login} という人はいません", f"there is no user {login}"))
    return user


def logins() -> list[str]:
    """The logins of those who work here, in their order; 200 at the most."""
    return list(_staff().order_by("username").values_list("username", flat=True)[:200])


def works_here(login: str) -> bool:
    """Whether somebody with this login may sign in and has a role."""
    return _staff().filter(username=login).exists()


def _staff() -> QuerySet[User]:
    roles = [role.value for role in Role]
    return User.objects.filter(is_active=True, groups__name__in=roles).distinct()
