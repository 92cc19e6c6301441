"""Real servers for tests and benches, each on loopback, in a folder of its own, gone afterwards.

One class a service, each a context manager. Nothing here depends on pytest.
"""

from __future__ import annotations

import atexit
import imaplib
import itertools
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme
from imapclient import imap_utf7

LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0
NOBODY = f"http://{LOOPBACK}:9/"
"""An address at which nothing answers (the discard port)."""


def free_port() -> int:
    """A TCP port on loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


_CONFIG = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
instance_name = {instance}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{root}/server.pem
ssl_key = <{root}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_location = maildir:{root}/mail/%u
mail_max_userip_connections = {connections}
mail_fsync = never
mailbox_list_index = no
first_valid_uid = 0
default_internal_user = dovecot
default_login_user = dovenull
{capability}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}/home/%u
}}
"""

_OAUTH2 = """\
introspection_mode = post
introspection_url = {url}
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
"""


class Dovecot:
    """A Dovecot of its own: IMAP with STARTTLS on `port`, IMAPS on `tls_port`, both on `host`.

    Every user exists; `password` opens all of them, and so does an access token of the
    TokenServer whose introspection address is `introspect_url`. `ca_file` certifies the server
    for `localhost` and 127.0.0.1, or for `certified` instead; `other_ca_file` does not.
    `capability` replaces what the server says it can do; `connections` is the limit a user.
    Needs root and Debian's dovecot-imapd. Usable as a context manager; stops at exit in any case.
    """

    host = "localhost"
    password = "pässwörd-窓口"

    def __init__(
        self,
        introspect_url: str = NOBODY,
        certified: tuple[str, ...] = ("localhost", LOOPBACK),
        capability: str = "",
        connections: int = 20,
    ) -> None:
        if os.geteuid() != 0:
            raise RuntimeError("Dovecot switches users: run as root")
        self.root = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.root.chmod(0o755)
        self.port, self.tls_port = free_port(), free_port()
        self.ca_file = self.root / "ca.pem"
        self.other_ca_file = self.root / "other-ca.pem"
        self._sequence = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        nobody = pwd.getpwnam("nobody")
        self._owner = (nobody.pw_uid, nobody.pw_gid)
        self._write_certificates(certified)
        for folder in ("mail", "home", "state"):
            self._make_folder(self.root / folder)
        (self.root / "oauth2.conf").write_text(_OAUTH2.format(url=introspect_url))
        (self.root / "dovecot.conf").write_text(
            _CONFIG.format(
                root=self.root,
                instance=self.root.name,
                port=self.port,
                tls_port=self.tls_port,
                password=self.password,
                connections=connections,
                capability=f"imap_capability = {capability}" if capability else "",
            ),
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        atexit.register(self.close)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and remove its folder; more than once does no harm."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        atexit.unregister(self.close)

    def start(self) -> None:
        """Start the server, again on the same ports; returns once it greets."""
        # In the foreground and tied to this process, so that a killed test run leaves nothing.
        command = ["setpriv", "--pdeathsig", "TERM", "dovecot", "-F", "-c", self._config]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._greets():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise RuntimeError(f"Dovecot does not start:\n{self.log()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server and every session on it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def drop_connections(self) -> None:
        """Break every session as a crashing server would; new ones are welcome at once."""
        who = self._doveadm("who", "-1").splitlines()[1:]
        for user in {line.split()[0] for line in who}:
            self._doveadm("kick", user)

    def log(self) -> str:
        """What the server wrote into its log."""
        path = self.root / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def make_folder(self, user: str, folder: str) -> Path:
        """Create the folder (nested by `/`) where it is absent; return its Maildir."""
        path = self._maildir(user, folder)
        for part in (self._maildir(user, "INBOX"), path):
            if not part.exists():
                self._make_folder(part)
                for name in ("cur", "new", "tmp"):
                    self._make_folder(part / name)
        return path

    def deliver(
        self,
        user: str,
        *raws: bytes,
        folder: str = "INBOX",
        received: datetime | None = None,
    ) -> None:
        """Put mails into the folder in this order; `received` is their INTERNALDATE."""
        for raw in raws:
            self._deliver(user, raw, folder, received)

    def deliver_late(self, user: str, raw: bytes, uid: int, folder: str = "INBOX") -> None:
        """Let a mail appear under a chosen UID that is free, be it below others that are known."""
        self.uid_validity(user, folder)
        name = self._deliver(user, raw, folder, None)
        uidlist = self._maildir(user, folder) / "dovecot-uidlist"
        head, *entries = uidlist.read_text().splitlines()
        entries = [line for line in entries if int(line.split()[0]) != uid] + [f"{uid} :{name}"]
        entries.sort(key=lambda line: int(line.split()[0]))
        head = re.sub(r" N(\d+)", lambda next_: f" N{max(int(next_[1]), uid + 1)}", head)
        self.forget_index(user, folder)
        uidlist.write_text("\n".join([head, *entries, ""]))
        os.chown(uidlist, *self._owner)

    def forget_index(self, user: str, folder: str = "INBOX") -> None:
        """Drop what the server remembers of the folder besides the mails themselves."""
        self.drop_connections()
        for path in self._maildir(user, folder).glob("dovecot*"):
            if path.name.startswith(("dovecot.index", "dovecot-uidlist")):
                path.unlink()

    def rebuild(self, user: str, folder: str = "INBOX") -> None:
        """The same mails in the same order under new UIDs and another UIDVALIDITY."""
        before = self.uid_validity(user, folder)
        self.forget_index(user, folder)
        assert self.uid_validity(user, folder) != before

    def remove_folder(self, user: str, folder: str) -> None:
        """Take the folder and its mails away."""
        with self.connect(user) as client:
            client.delete(_quoted(folder))

    def clear(self, user: str) -> None:
        """Take everything of the user away."""
        self.drop_connections()
        shutil.rmtree(self.root / "mail" / user, ignore_errors=True)

    def uid_validity(self, user: str, folder: str = "INBOX") -> int:
        """The folder's UIDVALIDITY (RFC 3501 §2.3.1.1)."""
        with self.connect(user) as client:
            data = client.status(_quoted(folder), "(UIDVALIDITY)")[1]
            return int(bytes(data[0]).rsplit(b" ", 1)[1].strip(b")"))

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, frozenset[str]]:
        """The flags of every mail by UID, `\\Recent` included; reading them changes none."""
        with self.connect(user) as client:
            client.select(_quoted(folder), readonly=True)
            lines = client.uid("FETCH", "1:*", "(FLAGS)")[1]
        found = {}
        for line in lines:
            if isinstance(line, bytes):
                uid = int(line.split(b"UID ")[1].split()[0].strip(b")"))
                found[uid] = frozenset(flag.decode() for flag in imaplib.ParseFlags(line))
        return found

    @contextmanager
    def connect(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A plain session of the standard library, logged in."""
        client = imaplib.IMAP4(self.host, self.port, timeout=10)
        try:
            plain = f"\0{user}\0{self.password}".encode()
            client.authenticate("PLAIN", lambda _: plain)
            yield client
        finally:
            client.logout()

    @property
    def _config(self) -> str:
        return str(self.root / "dovecot.conf")

    def _doveadm(self, *arguments: str) -> str:
        command = ["doveadm", "-c", self._config, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def _greets(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as client:
                return client.recv(64).startswith(b"* OK")
        except OSError:
            return False

    def _maildir(self, user: str, folder: str) -> Path:
        root = self.root / "mail" / user
        if folder == "INBOX":
            return root
        return root / f".{_wire_name(folder).replace('/', '.')}"

    def _make_folder(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        os.chown(path, *self._owner)

    def _deliver(self, user: str, raw: bytes, folder: str, received: datetime | None) -> str:
        lines = raw.replace(b"\r\n", b"\n")
        wire = len(lines) + lines.count(b"\n")
        # Names sort in the order of delivery, because the server gives UIDs in that order.
        moment = int(time.time())
        name = f"{moment}.M{next(self._sequence):09d}.localhost,S={len(lines)},W={wire}"
        path = self.make_folder(user, folder) / "new" / name
        path.write_bytes(lines)
        os.chown(path, *self._owner)
        if received is not None:
            os.utime(path, (received.timestamp(), received.timestamp()))
        return name

    def _write_certificates(self, certified: tuple[str, ...]) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        trustme.CA().cert_pem.write_to_path(self.other_ca_file)
        certificate = authority.issue_cert(*certified)
        (self.root / "server.pem").write_bytes(
            b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        )
        certificate.private_key_pem.write_to_path(self.root / "server.key")


def _wire_name(folder: str) -> str:
    """A folder's name in modified UTF-7 (RFC 3501 §5.1.3)."""
    return bytes(imap_utf7.encode(folder)).decode("ascii")


def _quoted(folder: str) -> str:
    return f'"{_wire_name(folder)}"'
