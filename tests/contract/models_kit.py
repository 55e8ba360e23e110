"""What tests of models share: a permit for spending, a question, and a model of each provider at a server of this machine."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from autosd.adapters.clock import SystemClock, new_id
from autosd.adapters.models import open_model
from autosd.domain.actions import Action, Principal
from autosd.domain.decisions import Facts, Permit
from autosd.domain.models import Ask, Message, Reply, Role
from autosd.governance.guard import Guard
from autosd.ports import Model, ModelError
from autosd.settings import load_settings

KEY = "sk" + "-canary-KEY0001abcdefghijklmnop"
PROVIDERS = ("openai", "anthropic", "ollama", "vllm")


class Silent:
    """A record that keeps nothing: permits are what these tests need of the guard."""

    def append(self, *given: Any, **named: Any) -> None: ...

    def head(self) -> None:
        return None


@contextmanager
def permitted(action: Action = Action.SPEND) -> Iterator[Permit]:
    facts = Facts(action, Principal("tester", attended=True), "p", Path("/"), SystemClock().now(), allowed_repos=(Path("/"),))
    with Guard(Silent(), SystemClock(), new_id).permit(facts) as permit:  # type: ignore[arg-type]
        yield permit


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A context for a server called localhost, and the file with the certificate that its clients have to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    file, secret = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, secret)
    return context, file


def model_at(url: str, provider: str, name: str = "", **env: str) -> Model:
    """With ``KEY`` for every provider."""
    keys = {f"AUTOSD_MODEL_{each.upper()}_KEY": KEY for each in PROVIDERS}
    urls = {f"AUTOSD_MODEL_{each.upper()}_URL": url for each in PROVIDERS}
    settings = load_settings({"AUTOSD_HOME": "/nonexistent", **keys, **urls, **env})
    return open_model(settings, f"{provider}:{name or 'gpt-4o'}")


def ask(text: str = "hello", **known: Any) -> Ask:
    return Ask((Message(Role.SYSTEM, "be short"), Message(Role.USER, text)), **{"seconds": 5.0, **known})


def said(model: Model, question: Ask | None = None, *, stream: bool = False) -> tuple[Reply, list[str]]:
    """The reply, and its pieces as they were heard."""
    pieces: list[str] = []
    with permitted() as permit:
        return model.complete(permit, question or ask(), pieces.append if stream else None), pieces


def failed(model: Model, question: Ask | None = None, *, stream: bool = False) -> ModelError:
    try:
        reply, _ = said(model, question, stream=stream)
    except ModelError as error:
        return error
    raise AssertionError(f"there was a reply: {reply}")
