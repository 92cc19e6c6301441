"""The configuration: `madoguchi.toml`, overridden by the environment, typed and checked.

Secrets never stand in the file: it names the environment variable or the file that holds them.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from casebook.errors import ConfigError

CONFIG_VARIABLE = "MADOGUCHI_CONFIG"
"""The environment variable that names the configuration file."""

DEFAULT_FILE = "madoguchi.toml"

Seconds = Annotated[float, Field(gt=0)]


class Table(BaseModel):
    """Base of every table in the file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )


def _beside_config(path: Path) -> Path:
    return config_folder() / path.expanduser()


class Secret(Table):
    """Where a secret stands: `{ env = "NAME" }` or `{ file = "PATH" }`."""

    env: str | None = None
    """Environment variable that holds the secret."""
    file: Annotated[Path, AfterValidator(_beside_config)] | None = None
    """File that holds the secret (surrounding white space is dropped); relative to the
    configuration file."""

    @model_validator(mode="before")
    @classmethod
    def _no_literal(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError(
                'a secret is not written here: use { env = "NAME" } or { file = "PATH" }'
            )
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError('name one place: { env = "NAME" } or { file = "PATH" }')
        return self

    def find(self) -> str | None:
        """The secret, or None where its variable or file is absent or empty."""
        if self.env is not None:
            return os.environ.get(self.env) or None
        assert self.file is not None
        try:
            return self.file.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"secret file {self.file}: {error.strerror}") from error
        except UnicodeDecodeError:
            # The error's own text would show bytes of the secret.
            raise ConfigError(f"secret file {self.file}: not UTF-8 text") from None

    def reveal(self) -> str:
        """The secret. Raises ConfigError, naming the place, where there is none."""
        value = self.find()
        if value is None:
            place = f"environment variable {self.env}" if self.env else f"file {self.file}"
            raise ConfigError(f"no secret in the {place}: set it")
        return value


class Embedding(Table):
    """How texts become vectors."""

    model: str = "bundled"
    """`bundled` (Japanese and English, no download), or any sentence-transformers name or path."""
    batch_size: Annotated[int, Field(ge=1, le=512)] = 16
    """Texts encoded at once."""


class Index(Table):
    """Where vectors are searched; SQL stays the truth and can rebuild it."""

    backend: Literal["embedded", "server", "memory"] = "embedded"
    """`embedded` (Qdrant in the process), `server` (Qdrant at `url`), `memory` (for trials)."""
    url: str = "http://127.0.0.1:6333"
    """Address of the Qdrant server; read only where `backend = "server"`."""
    api_key: Secret | None = None
    """API key of the Qdrant server."""


class Intake(Table):
    """How much is taken at once, and how often a failing message is tried."""

    batch: Annotated[int, Field(ge=1, le=2000)] = 200
    """Messages that are understood and answered in one transaction."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Tries before a message that fails is put into quarantine."""


class Sending(Table):
    """How replies leave, whatever the policy."""

    interrupted_seconds: Seconds = 900
    """How long a try may last; what a process left behind for longer may have arrived, and is
    looked up before anything else is done."""


class Prefect(Table):
    """Where the runs are recorded."""

    api_url: str = "http://127.0.0.1:4200/api"
    """Address of the Prefect server's API; `madoguchi up` starts one there."""


class AlertTarget(Table):
    """One `[[alerts.targets]]` table: somewhere that people look at once."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    """Its name in the record and in logs."""
    url: Secret
    """Where its address stands, as apprise writes it (`mailtos://`, `slack://`, `line://` …): it
    holds passwords and tokens."""
    group: str = "crisis"
    """Which alerts it gets: those for the group that the policy's `[alerts]` or `[promises]` names,
    or those on the cases of an owner with this login."""


class Alerts(Table):
    """Who is told at once of a crisis or a threat."""

    targets: tuple[AlertTarget, ...] = ()
    """Where alerts go, one table each; each alert goes once to each target of its group."""
    link: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Address of a case in the desk, with `{receipt}` for its number; empty: alerts hold none."""
    excerpt: Annotated[int, Field(ge=0, le=500)] = 120
    """Characters of the message in an alert, without personal data and masked; 0: none."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [target.name for target in self.targets]
        double = next((name for name in names if names.count(name) > 1), None)
        if double:
            raise ValueError(f"two targets are named {double!r}: give each its own name")
        return self


class SignOn(Table):
    """`[desk.oidc]`: signing in with the company's own identity provider (OpenID Connect)."""

    name: str = "SSO"
    """What the button at the login calls it."""
    client_id: str
    """What the provider calls this desk."""
    client_secret: Secret
    """The secret that the provider gave for it."""
    authorization_url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """The provider's authorization endpoint."""
    token_url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """Its token endpoint."""
    userinfo_url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """Its userinfo endpoint."""
    jwks_url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """Where its public keys stand."""
    login_claim: str = "preferred_username"
    """The claim that holds a person's login at the desk; nobody is let in whom `madoguchi user add`
    did not name."""
    algorithm: Literal["RS256", "ES256"] = "RS256"
    """How it signs."""


class Desk(Table):
    """Where people and customers open the desk's pages."""

    url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#@]+)?$")] = ""
    """Public address that links begin with, without a path; empty: no mail holds a link."""
    host: str = "127.0.0.1"
    """Address on which `madoguchi desk` listens."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8040
    """Port on which it listens."""
    secret_key: Secret | None = None
    """What signs the links and the sessions; left out, a random one is made once in `var`."""
    session_hours: Annotated[float, Field(gt=0, le=720)] = 12
    """Hours after which a person has to sign in again."""
    attempts: Annotated[int, Field(ge=1, le=100)] = 5
    """Wrong passwords for a login from one address before it has to wait a quarter of an hour; ten
    times as many for a login from anywhere, and from one address for whatever login."""
    oidc: SignOn | None = None
    """Signing in with the company's own identity provider; left out: by password alone."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host of its pages, which a reply may link to; none where it has no address."""
        host = urlsplit(self.url).hostname
        return (host,) if host else ()


class Api(Table):
    """What other programs may do at `/api/v1`, and what they are told."""

    requests_a_minute: Annotated[int, Field(ge=1, le=10_000)] = 120
    """Requests that one key may make in a minute."""
    webhook_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    """Seconds in which a webhook's receiver has to answer."""
    private_networks: tuple[IPvAnyNetwork, ...] = ()
    """Networks that are not public and that webhooks may reach all the same."""


FormField = Literal["product", "order", "day", "wish", "phone"]


class Form(Table):
    """The public form, at `/form` of the desk, by which customers write to us."""

    enabled: bool = False
    """Whether there is one."""
    fields: tuple[FormField, ...] = ("product", "order", "day", "wish", "phone")
    """What it asks for besides the name, the mail address and what happened."""
    required: tuple[FormField, ...] = ()
    """Those of them that must be filled in."""
    an_hour: Annotated[int, Field(ge=1, le=1000)] = 5
    """Messages that are taken from one network address in an hour."""
    privacy: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Address of the page that tells what becomes of personal data; empty: none is named."""

    @model_validator(mode="after")
    def _asked_for(self) -> Self:
        missing = next((name for name in self.required if name not in self.fields), None)
        if missing:
            raise ValueError(f"{missing!r} is required but not among the fields")
        return self


class Llm(Table):
    """The language model that may rewrite drafted replies; without `base_url` none is asked."""

    base_url: Annotated[str, Field(pattern=r"^(https?://[^\s?#@]+)?$")] = ""
    """Address of an OpenAI-compatible API, up to and with its version; empty: off."""
    model: str = ""
    """The model's name as the endpoint knows it."""
    key: Secret | None = None
    """Where the API key stands; a model of one's own often needs none."""
    seconds: Annotated[float, Field(gt=0, le=600)] = 30
    """Seconds that an intake waits for rewritten drafts at the most, over all of them."""
    retries: Annotated[int, Field(ge=0, le=5)] = 1
    """Further tries of a request that the endpoint could not answer, within `seconds`."""
    requests_a_day: Annotated[int, Field(ge=1)] = 500
    """Requests in a day of the policy's time zone, further tries included."""
    tokens_a_day: Annotated[int, Field(ge=1)] = 1_000_000
    """Tokens, asked and answered, in a day of the policy's time zone."""
    withheld: tuple[str, ...] = ("x", "dm")
    """Channels whose cases are not shown to the model."""

    @model_validator(mode="after")
    def _model_is_named(self) -> Self:
        if self.base_url and not self.model:
            raise ValueError("name the model too: base_url alone asks none")
        return self


class AccountTable(BaseModel):
    """What every account has, in or out. The rest of its table belongs to its connector."""

    model_config = ConfigDict(
        extra="allow", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True
    )

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    """Its name in the record, in logs and in the desk; never reused for another account."""
    type: str
    """Which connector serves it; `docs/configuration.md` has a table for each."""
    enabled: bool = True
    """Set to false to leave it out without losing where it stood."""

    @property
    def options(self) -> dict[str, Any]:
        """What only the connector understands; it validates them itself."""
        return dict(self.model_extra or {})

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        # The connector has not looked at its options yet: a literal secret may be among them.
        return ((name, getattr(self, name)) for name in type(self).model_fields)


PAGES = ("desk:api", "desk:form")
"""The sources of what is handed to the API and of the public form, which no table names; their
authors are mail addresses."""


class SourceTable(AccountTable):
    """One `[[sources]]` table. Where its connector can send, replies to its messages leave through
    it too, unless a sender answers them."""

    interval: Seconds = 60
    """Seconds between two polls."""


class SenderTable(AccountTable):
    """One `[[senders]]` table: a way out for what came in elsewhere."""

    answers: tuple[str, ...]
    """The names of the sources whose messages it answers; also one of `PAGES`."""


class Settings(BaseSettings):
    """The whole configuration. An environment variable `MADOGUCHI_<KEY>` overrides the file;
    `__` stands between a table and its key (`MADOGUCHI_INDEX__BACKEND`)."""

    model_config = SettingsConfigDict(
        env_prefix="MADOGUCHI_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    var: Path = Path("var")
    """Folder for all that is made at run time; relative to the configuration file."""
    policy: str = "default"
    """Policy pack: the name of one that comes along, or the path of a TOML file (`.toml`),
    relative to the configuration file."""
    language: Literal["ja", "en"] = "ja"
    """Language of the screens and of the command line's tables."""
    database: Secret = Secret(env="DATABASE_URL")
    """Where the database's URL stands (it holds a password). None there: SQLite in `var`."""
    embedding: Embedding = Embedding()
    """How texts become vectors."""
    index: Index = Index()
    """Where vectors are searched."""
    intake: Intake = Intake()
    """How much is taken at once, and how often a failing message is tried."""
    sending: Sending = Sending()
    """How replies leave."""
    prefect: Prefect = Prefect()
    """Where the runs are recorded."""
    alerts: Alerts = Alerts()
    """Who is told at once of a crisis or a threat."""
    desk: Desk = Desk()
    """Where people and customers open the desk's pages."""
    api: Api = Api()
    """What other programs may do, and what they are told."""
    form: Form = Form()
    """The public form by which customers write to us."""
    llm: Llm = Llm()
    """The language model that may rewrite drafted replies."""
    sources: tuple[SourceTable, ...] = ()
    """The accounts and folders that messages come from, one table each."""
    senders: tuple[SenderTable, ...] = ()
    """The accounts that replies leave through where their source cannot send, one table each."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [account.name for account in (*self.sources, *self.senders)]
        double = next((name for name in names if names.count(name) > 1), None)
        if double:
            raise ValueError(f"two accounts are named {double!r}: give each its own name")
        return self

    @model_validator(mode="after")
    def _each_source_is_answered_once(self) -> Self:
        sources = {*PAGES, *(source.name for source in self.sources)}
        answered: set[str] = set()
        for sender in self.senders:
            for name in sender.answers:
                if name not in sources:
                    raise ValueError(f"sender {sender.name!r} answers {name!r}, which is no source")
                if name in answered:
                    raise ValueError(f"two senders answer {name!r}: leave it to one")
                answered.add(name)
        return self

    @property
    def sqlite(self) -> Path:
        """Where the record lies unless a database is named."""
        return self.var / "madoguchi.sqlite3"

    @property
    def database_url(self) -> str:
        """The database's URL as dj-database-url reads it."""
        return self.database.find() or f"sqlite:///{quote(str(self.sqlite))}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file; no dotenv."""
        path = config_path()
        if path is None:
            return (init_settings, env_settings)
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path))


def config_path() -> Path | None:
    """The file in force: what `MADOGUCHI_CONFIG` names, else `madoguchi.toml` here, else the one
    that the demonstration left in `var`, else None."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named).absolute()
    here = (Path(DEFAULT_FILE), Path("var") / DEFAULT_FILE)
    return next((path.absolute() for path in here if path.exists()), None)


def config_folder() -> Path:
    """The folder that relative paths of the configuration start from: that of the file in force,
    or the working directory where there is none."""
    path = config_path()
    return path.parent if path else Path.cwd()


@cache
def settings() -> Settings:
    """The configuration in force, read once a process. Raises ConfigError with one clear line."""
    path = config_path()
    if path is not None and not path.is_file():
        raise ConfigError(f"{path}: no such file ({CONFIG_VARIABLE} names it)")
    origin = path.name if path else "environment"
    try:
        found = Settings()
    except ValidationError as error:
        raise ConfigError(f"{origin}: {explain(error, Settings)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{origin}: not readable as TOML: {error}") from error
    except SettingsError as error:
        raise ConfigError(f"{origin}: {error}") from error
    base = config_folder()
    policy = str(base / found.policy) if found.policy.endswith(".toml") else found.policy
    return found.model_copy(update={"var": (base / found.var).resolve(), "policy": policy})


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The first problem of a validation in one line, with a suggestion for a misspelt key."""
    problems = error.errors(include_url=False)
    # A misspelt key is the cause where the right one is missing.
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(
            str(first["loc"][-1]), _known_keys(model, first["loc"]), n=1
        )
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        return f"unknown key {where!r}{hint}"
    if first["type"] == "missing":
        return f"key {where!r} is missing"
    text = first["msg"].removeprefix("Value error, ")
    return f"{where}: {text}" if where else text


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    fields = model.model_fields
    for part in location[:-1]:
        if isinstance(part, int) or part not in fields:
            continue
        annotation = fields[part].annotation
        for candidate in (annotation, *get_args(annotation)):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                fields = candidate.model_fields
    return list(fields)
