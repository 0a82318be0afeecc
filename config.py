"""Settings, read once from the environment; nothing else in the program looks there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROLES = ("nurse", "doctor", "secretary", "manager", "privacy_officer")
ADDRESS = re.compile(r"https://([a-z0-9-]+\.)*[a-z][a-z0-9-]*(:\d+)?|http://localhost(:\d+)?")
SERVING = "serving.lock"
"""The file in the instance folder that who serves holds, and who restores must have alone."""
RESTORING = "restoring"
"""The file in the instance folder that lies there while a restore is half done; nobody opens that register."""
OWNER_URL = "CLINIC_OWNER_DATABASE_URL"
HALF_RESTORED = "A restore was stopped half way; run `clinic restore` again with its backup, until then nothing opens."


class SettingsError(Exception):
    """A setting is missing or unusable; the message is one sentence for the operator."""


@dataclass(frozen=True)
class Provider:
    """The hospital's identity provider, by OpenID Connect; people come in by it beside the clinic's own sign-in."""

    issuer: str
    client_id: str
    client_secret: str
    roles: tuple[tuple[str, str], ...]
    """What the claim says, and which role that is here; the first one that somebody has counts."""
    role_claim: str = "groups"
    second_factor: str = ""
    """The acr by which it vouches for two factors; without one the clinic asks its own second factor."""


@dataclass(frozen=True)
class Settings:
    """Everything the process needs to know before it opens the database.

    `secret_key` signs form tokens and session cookies; production refuses to start without it.
    `paper_folder` is where `clinic paper nightly` leaves the list for a day without the system.
    """

    database_url: str
    secret_key: str
    instance_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    inbox: Path | None = None
    """The watched folder; none is watched without it."""
    demo: bool = False
    paper_folder: Path | None = None
    backup_folder: Path | None = None
    """Where `clinic backup` leaves its files; a disk of its own."""
    backup_keys: tuple[str, ...] = ()
    """Public keys of age; the private ones are kept elsewhere."""
    audit_key: str = ""
    """Seals the log; lies outside the database, and whoever serves refuses to start without it."""
    anchor_folder: Path | None = None
    """Where heads of the sealed log are written down; a disk of its own. The instance folder without it."""
    secure_cookies: bool = True
    proxies: int = 0
    """How many proxies of the hospital's own stand in front: so many addresses that they added are believed."""
    most_a_minute: int = 0
    """More pages about patients than this in a minute are refused to one person; 0 refuses none."""
    idle_end: timedelta = timedelta(minutes=15)
    absolute_end: timedelta = timedelta(hours=10)
    provider: Provider | None = None
    owner_url: str = ""
    """Where the owner of a register on PostgreSQL comes in, to migrate and restore; who serves goes without it."""
    address: str = ""
    """Where people find the clinic, `https://botwacht.hospital.example`; passkeys are made for it, none without it."""

    @property
    def outbox(self) -> Path:
        """The folders that the hospital's gateways empty."""
        return self.instance_dir / "outbox"

    @property
    def metrics_dir(self) -> Path:
        """Where the workers count their requests together, for `clinic metrics`."""
        return self.instance_dir / "metrics"

    @property
    def anchors_dir(self) -> Path:
        """Where heads of the sealed log are written down."""
        return self.anchor_folder or self.instance_dir

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read CLINIC_* and DATABASE_URL; raise SettingsError in one sentence when one does not do."""
        instance = instance_folder(environ)
        demo = environ.get("CLINIC_DEMO", "") == "1"
        secret = environ.get("CLINIC_SECRET_KEY", "")
        if not secret and demo:
            secret = kept_secret(instance, "demo-secret")
        if len(secret) < 32:
            raise SettingsError(
                "CLINIC_SECRET_KEY must hold at least 32 characters; the clinic does not start without it."
            )
        url = environ.get("DATABASE_URL") or f"sqlite:///{instance / 'clinic.db'}"
        return cls(
            database_url=url,
            owner_url=owners_address(environ, url),
            secret_key=secret,
            instance_dir=instance,
            host=environ.get("HOST", "127.0.0.1"),
            port=whole_number(environ, "PORT", 8000),
            inbox=Path(environ["CLINIC_INBOX"]).absolute() if environ.get("CLINIC_INBOX") else None,
            demo=demo,
            paper_folder=Path(paper).absolute() if (paper := environ.get("CLINIC_PAPER_FOLDER", "")) else None,
            backup_folder=Path(folder).absolute() if (folder := environ.get("CLINIC_BACKUP_FOLDER", "")) else None,
            backup_keys=tuple(environ.get("CLINIC_BACKUP_KEYS", "").split()),
            audit_key=audit_key(environ.get("CLINIC_AUDIT_KEY", ""), instance, demo),
            anchor_folder=Path(folder).absolute() if (folder := environ.get("CLINIC_ANCHOR_FOLDER", "")) else None,
            secure_cookies=environ.get("CLINIC_SECURE_COOKIES", "0" if demo else "1") == "1",
            proxies=whole_number(environ, "CLINIC_PROXIES", 0, least=0),
            most_a_minute=whole_number(environ, "CLINIC_MOST_A_MINUTE", 300, least=0),
            idle_end=timedelta(minutes=whole_number(environ, "CLINIC_IDLE_MINUTES", 15)),
            absolute_end=timedelta(hours=whole_number(environ, "CLINIC_SESSION_HOURS", 10)),
            provider=identity_provider(environ),
            address=own_address(environ, demo),
        )


def instance_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the clinic keeps what is its own."""
    return Path(environ.get("CLINIC_INSTANCE", "instance")).absolute()


def hand_down(name: str, value: str) -> None:
    """Something for the processes that this one becomes or starts."""
    os.environ[name] = value


def withhold(name: str) -> None:
    """Nothing of this for the processes that this one becomes or starts."""
    os.environ.pop(name, None)


def owners_address(environ: Mapping[str, str], url: str) -> str:
    """CLINIC_OWNER_DATABASE_URL; an SQLite register has no owner but the account of its file."""
    given = environ.get(OWNER_URL, "")
    if given and not (given.startswith("postgresql") and url.startswith("postgresql")):
        raise SettingsError(f"{OWNER_URL} is for PostgreSQL; DATABASE_URL names the program's own account there.")
    return given


def whole_number(environ: Mapping[str, str], name: str, default: int, least: int = 1) -> int:
    """The setting as a whole number that is not below the least."""
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise SettingsError(f"{name} must be a whole number of {least} or more, not {text!r}.")
    return int(text)


def own_address(environ: Mapping[str, str], demo: bool) -> str:
    """CLINIC_ADDRESS, as a browser names it; a demo has that of this machine. Browsers keep passkeys for no other."""
    given = environ.get("CLINIC_ADDRESS", "").rstrip("/").lower()
    if not given:
        return f"http://localhost:{whole_number(environ, 'PORT', 8000)}" if demo else ""
    if ADDRESS.fullmatch(given) is None:
        raise SettingsError("CLINIC_ADDRESS is written as https://NAME or https://NAME:PORT; a number is no name.")
    return given


def identity_provider(environ: Mapping[str, str]) -> Provider | None:
    """CLINIC_OIDC_*, all that are needed or none."""
    issuer = environ.get("CLINIC_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    if not issuer.startswith("https://"):
        raise SettingsError("CLINIC_OIDC_ISSUER must be an address with https.")
    named = {name: environ.get(f"CLINIC_OIDC_{name}", "") for name in ("CLIENT_ID", "CLIENT_SECRET", "ROLES")}
    for name, value in named.items():
        if not value:
            raise SettingsError(f"CLINIC_OIDC_{name} must be set when CLINIC_OIDC_ISSUER is.")
    return Provider(
        issuer, named["CLIENT_ID"], named["CLIENT_SECRET"], roles_of(named["ROLES"]),
        environ.get("CLINIC_OIDC_ROLE_CLAIM", "groups"), environ.get("CLINIC_OIDC_SECOND_FACTOR", ""),
    )  # fmt: skip


def roles_of(text: str) -> tuple[tuple[str, str], ...]:
    """`their-nurses=nurse their-doctors=doctor` as pairs."""
    pairs = [tuple(word.rsplit("=", 1)) for word in text.split()]
    if not all(len(pair) == 2 and all(pair) and pair[1] in ROLES for pair in pairs):
        raise SettingsError(
            f"CLINIC_OIDC_ROLES is written as GROUP=ROLE GROUP=ROLE; a role is one of {', '.join(ROLES)}."
        )
    return tuple((pair[0], pair[1]) for pair in pairs)


def audit_key(given: str, instance: Path, demo: bool) -> str:
    """The key of the log: given, else the file `audit-key` in the instance folder, which a demo makes; "" is none."""
    if not given and (demo or (instance / "audit-key").exists()):
        given = kept_secret(instance, "audit-key")
    if given and len(given) < 32:
        raise SettingsError("The key of the log (CLINIC_AUDIT_KEY) must hold at least 32 characters.")
    return given


def kept_secret(instance: Path, name: str) -> str:
    """A demo keeps its own random keys beside its database, so that a second start keeps sign-ins and seals."""
    import secrets

    path = instance / name
    try:
        instance.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(secrets.token_hex(32), encoding="ascii")
            path.chmod(0o600)
        return path.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise SettingsError(f"The folder {instance} cannot be written: {problem.strerror}.") from problem
