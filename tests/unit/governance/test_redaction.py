"""Planted canaries: secrets of every shape, in every place, none of which may be kept."""

from __future__ import annotations

import io
import json
import logging
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autosd.governance import redaction
from autosd.governance.redaction import MAX_TEXT, RedactingFilter, Redactor, is_secret_name, redact, redact_text

CANARIES = [
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    "glpat-abcdefghij1234567890",
    "sk-proj-abcdefghijklmnopqrstuvwx",
    "sk-ant-api03-abcdefghijklmnopqrst",
    "sk_live_abcdefghijklmnop1234",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA-1234567890abcdefghijklmnopqrstu",
    "xoxb-123456789012-abcdefghijkl",
    "https://hooks.slack.com/services/T000/B000/XXXXcanary",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "hf_abcdefghijklmnopqrstuvwxyz",
    "pypi-AgEIcHlwaS5vcmcCJDabcdefgh",
    "SG.abcdefghijklmnopqrst.abcdefghijklmnopqrst",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEcanary\ncanary\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIEcanary cut off",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQVYcanary\n-----END PGP PRIVATE KEY BLOCK-----",
    "glrt-abcdefghij1234567890",
    "whsec_abcdefghijklmnopqrstuv",
    "ya29.abcdefghijklmnopqrstuv",
    "GOCSPX-abcdefghijklmnopqrst",
    "xapp-1-A0123456789-abcdefghijkl",
    "hvs.abcdefghijklmnopqrstuvwx",
    "abc8Q~abcdefghijklmnopqrstuvwxyz0123456",
    "SK0123456789abcdef0123456789abcdef",
    "dapi0123456789abcdef0123456789abcdef",
    "123456789:AAabcdefghijklmnopqrstuvwxyz0123456",
    "dckr_pat_abcdefghijklmnopqrst",
    "https://discord.com/api/webhooks/123/XXXXcanary",
    "AGE-SECRET-KEY-1ABCDEFGHIJKLMNOPQRSTUVWX",
]


@pytest.mark.parametrize("secret", CANARIES, ids=lambda secret: secret[:12])
@pytest.mark.parametrize("around", ["{}", "it is {} here", 'x="{}"', "a\n{}\nb", "?t={}&u=1"])
def test_no_well_known_credential_is_kept(secret: str, around: str) -> None:
    assert "canary" not in redact_text(around.format(secret)) and secret not in redact_text(around.format(secret))


@pytest.mark.parametrize(
    "text",
    [
        "password=CANARY99",
        "DB_PASSWORD: 'CANARY99 with words'",
        '{"api_key": "CANARY99"}',
        "x-api-key: CANARY99",
        "Authorization: Bearer CANARY99abc",
        "authorization: basic CANARY99abc=",
        "postgresql://user:CANARY99@host/db",
        "redis://:CANARY99@host",
        "https://me:CANA%20RY99@host/x?y=1".replace("CANA%20RY99", "CANARY99"),
        "export AWS_SECRET_ACCESS_KEY=CANARY99",
        "client_secret => CANARY99",
        "AccountKey=CANARY99==;EndpointSuffix",
        "--token CANARY99".replace(" ", "="),
        "secret:CANARY99",
        "mysql --password CANARY99 -u shop",
        "//registry.npmjs.org/:_authToken=CANARY99",
        "_auth = CANARY99canary",
        "machine git.example.org login deploy password CANARY99",
        "    token: CANARY99",
        "client-key-data: CANARY99",
        "https://shop.s3.amazonaws.com/x?X-Amz-Expires=60&X-Amz-Signature=CANARY99abcdefghijklmnop",
    ],
)
def test_what_a_name_promises_to_be_secret_is_not_kept(text: str) -> None:
    assert "CANARY99" not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "c0ffee12c0ffee12c0ffee12c0ffee12c0ffee12",
        "0" * 64,
        "src/tokens.py:12: E501 line too long",
        "tests/test_password_reset.py::test_expired",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "https://host.example/path?x=1",
        "def tokenize(text): return text.split()",
        "sk-learn and risk-free",
        "user@host:path",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "assert token_count(text) == 3",
        "class PasswordResetForm(Form): pass",
        "AssertionError: assert [1, 2] == [1, 3]",
        "E   KeyError: 'AKIRA'",
        "basic usage: see docs",
        "src/glpatch/skeleton.py::test_pk_is_kept[sk-1]",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "2026-03-01T12:00:00+00:00 skipped SKU SK1234567 at ACME",
        "/srv/projects/shop/.venv/lib/python3.11/site-packages/pypika/terms.py:12",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact_text(text) == text


def test_source_code_stays_as_it_is() -> None:
    """For code only shapes count that no code has: all of the standard library goes through unchanged."""
    redactor = Redactor()
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.glob("*.py"))[::2] + sorted((library / "email").glob("*.py")):
        text = path.read_text("utf-8", "replace")
        assert redactor.code(text) == text, path
    assert redactor.code("token = next(tokens)\npassword = form['password']") == "token = next(tokens)\npassword = form['password']"
    for secret in CANARIES:
        assert secret not in redactor.code(f"x = '{secret}'\n")


def test_a_remembered_secret_is_taken_out_by_every_redactor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_remembered", set())
    before = Redactor()
    redaction.remember(["correct horse", "abc"])
    assert before.text("abc: it was correct horse") == "abc: it was [redacted]" == redact_text("abc: it was correct horse")


def test_values_under_secret_names_are_blanked_at_any_depth() -> None:
    kept = redact({"request": {"authContext": {"user": "CANARY"}, "items": [{"Api-Key": 1234567890, "apiKey": "CANARY"}]}, "ok": 1})
    assert kept == {
        "request": {"authContext": "[redacted]", "items": [{"Api-Key": "[redacted]", "apiKey": "[redacted]"}]},
        "ok": 1,
    }


@pytest.mark.parametrize("name", ["max_tokens", "prompt_tokens", "tokens_used", "token_threshold", "tokenizer", "author", "passed", "key"])
def test_names_that_only_look_secret_keep_their_values(name: str) -> None:
    assert not is_secret_name(name) and redact({name: "plain"}) == {name: "plain"}


def test_literal_secrets_are_taken_out_whatever_they_look_like() -> None:
    assert redact_text("it was correct horse, or correct", ["correct horse", "correct"]) == "it was [redacted], or [redacted]"
    assert redact({"correct": "x"}, ["correct"]) == {"[redacted]": "x"}
    assert redact_text("a and b", ["a", ""]) == "a and b"  # too short to be a secret: everything would be blanked


@pytest.mark.parametrize("place", [MAX_TEXT - 60, MAX_TEXT - 20, MAX_TEXT - 10, MAX_TEXT - 1, MAX_TEXT + 4070, MAX_TEXT + 4090])
@pytest.mark.parametrize("after", [0, 9000])
def test_a_secret_across_the_cut_is_not_kept_by_half(place: int, after: int) -> None:
    text = "password='" + "p" * 5000 + "'" + "-" * (place - 5011) + CANARIES[0] + "-" * after
    assert "ghp_" not in redact_text(text)
    text = "-" * place + CANARIES[0] + "-" * after
    assert "ghp_" not in redact_text(text)


def test_long_text_is_cut_and_says_so() -> None:
    assert redact_text("-" * 20_000).endswith("[cut: 20000 characters in all]") and len(redact_text("-" * 20_000)) < MAX_TEXT + 50


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@settings(deadline=None, database=None)
@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_anything_becomes_plain_json_that_redacts_to_itself(value: object) -> None:
    kept = redact(value)
    assert redact(json.loads(json.dumps(kept, allow_nan=False))) == kept


def test_a_loop_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert "nested too deep" in json.dumps(redact(loop))


def test_no_log_line_nor_traceback_keeps_a_secret() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(RedactingFilter(known=["literal-canary"]))
    logger = logging.Logger("x")
    logger.addHandler(handler)
    try:
        raise ValueError("password=CANARY99 literal-canary")
    except ValueError:
        logger.exception("token=%s", CANARIES[0])
    logger.warning("100%% of %s", "literal-canary")
    logger.warning("%s without arguments")
    text = out.getvalue()
    assert "CANARY99" not in text and CANARIES[0] not in text and "literal-canary" not in text
    assert "ValueError" in text and "100% of [redacted]" in text and "%s without arguments" in text
