"""How a charge or a budget becomes an objection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autosd.adapters.quotas import open_quotas
from autosd.domain.actions import Action, Principal
from autosd.domain.changes import ChangeResult, Word
from autosd.domain.decisions import Facts, Objection
from autosd.domain.errors import AutosdError
from autosd.domain.quotas import Account, Breach, Budget, QuotaState, Unit, Window, quota_key
from autosd.governance.quotas import budget_objection, budgets_of, charge_for, charger, key_of, moment
from autosd.governance.results import result_of
from autosd.ports import Quotas
from autosd.settings import load_settings

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
FACTS = Facts(Action.BUILD, Principal("ann", True), "/p", Path("/p"), NOON, purpose="Pilot Demo")


@pytest.fixture
def quotas(tmp_path: Path):  # type: ignore[no-untyped-def]
    with closing(open_quotas("store", store_url=f"sqlite:///{tmp_path / 'a.db'}", redis_url="")) as opened:
        yield opened


class Unreachable:
    """A backend as it is when its server is gone."""

    def charge(self, key: str, limit: int, now: datetime, *, window_ms: int = 0) -> QuotaState:
        raise AutosdError("AUTOSD-QUOTA-UNAVAILABLE", "The quota cannot be counted: no route.", "Start it.")

    def state(self, key: str, limit: int, now: datetime) -> QuotaState:
        raise AssertionError("nobody looks")

    def states(self, limit: int, now: datetime) -> Sequence[QuotaState]:
        raise AssertionError("nobody looks")

    def reset(self, key: str, now: datetime) -> bool:
        raise AssertionError("nobody resets")


@pytest.mark.parametrize(
    "principal, tenant, scope, purpose, key",
    [
        ("ann", "acme", "", "Pilot  Demo!", "selfcoding:ann:global:pilot_demo"),
        ("", "acme", "billing", "", "selfcoding:acme:billing:general"),
        ("", "", "", "", "selfcoding:anonymous:global:general"),
        ("a:b", "", "c:d", "e:f", "selfcoding:a_b:c_d:e_f"),
    ],
)
def test_the_key_is_the_guides(principal: str, tenant: str, scope: str, purpose: str, key: str) -> None:
    facts = Facts(Action.BUILD, Principal(principal, False), "/p", Path("/p"), NOON, tenant=tenant, scope=scope, purpose=purpose)
    assert key_of(facts) == key


def test_no_part_of_a_key_can_spell_another_key() -> None:
    assert quota_key("a", "b:c", "d") != quota_key("a:b", "c", "d")
    assert quota_key("a:b:c", "", "").count(":") == 3


def test_uses_up_to_the_limit_pass_and_the_next_is_told_what_to_do(quotas: Quotas) -> None:
    assert [charge_for(FACTS, quotas, 2) for _ in range(2)] == [None, None]
    objection = charge_for(FACTS, quotas, 2)

    assert objection and objection.code == "AUTOSD-QUOTA-EXCEEDED"
    assert "selfcoding:ann:global:pilot_demo" in objection.message and "2 of 2" in objection.message
    assert "2026-03-04 13:00:00 UTC" in objection.message and "1 refused" in objection.message
    assert "autosd quota reset selfcoding:ann:global:pilot_demo" in objection.remedy and "3600 seconds" in objection.remedy
    assert result_of([objection]) == ChangeResult(Word.QUOTA_EXCEEDED)


def test_what_cannot_be_counted_is_refused_unless_somebody_asked_for_the_opposite() -> None:
    objection = charge_for(FACTS, Unreachable(), 100)
    assert objection and objection.code == "AUTOSD-QUOTA-UNAVAILABLE" and objection.remedy == "Start it."
    assert result_of([objection]).word is Word.REFUSED
    assert charge_for(FACTS, Unreachable(), 100, fail_open=True) is None


def test_a_cooldown_makes_the_second_use_wait_and_takes_nothing_from_the_hour(quotas: Quotas) -> None:
    def charge(seconds: float) -> Objection | None:
        return charge_for(replace(FACTS, now=NOON + timedelta(seconds=seconds)), quotas, 100, cooldown_ms=30_000)

    assert charge(0) is None
    objection = charge(12)
    assert objection and objection.code == "AUTOSD-QUOTA-COOLDOWN" and "18 seconds" in objection.remedy
    assert charge(30.001) is None
    assert quotas.state(key_of(FACTS), 100, NOON).used == 2
    assert [state.id for state in quotas.states(100, NOON)] == [key_of(FACTS)], "a cooldown is no quota"


def settings_with(tmp_path: Path, **env: str):  # type: ignore[no-untyped-def]
    return load_settings({"AUTOSD_HOME": str(tmp_path), **env}, cwd=tmp_path)


def test_the_guards_charge_is_as_the_settings_say(tmp_path: Path, quotas: Quotas) -> None:
    limited = charger(settings_with(tmp_path, SELFCODING_QUOTA_PER_HOUR="1"), quotas)
    objections = [limited(FACTS), limited(FACTS)]
    assert objections[0] is None and objections[1] and objections[1].code == "AUTOSD-QUOTA-EXCEEDED"
    pausing = charger(settings_with(tmp_path, AUTOSD_QUOTA_COOLDOWN_SECONDS="0.5"), quotas)
    assert pausing(FACTS) is None and getattr(pausing(FACTS), "code", "") == "AUTOSD-QUOTA-COOLDOWN"
    assert charger(settings_with(tmp_path, AUTOSD_QUOTA_FAIL_OPEN="1"), Unreachable())(FACTS) is None
    assert charger(settings_with(tmp_path), Unreachable())(FACTS) is not None


def test_without_a_setting_there_is_no_budget(tmp_path: Path) -> None:
    assert budgets_of(settings_with(tmp_path), Account("t", "p", "s", "r")) == ()


def test_budgets_are_as_the_settings_say_and_only_those_of_the_account(tmp_path: Path) -> None:
    settings = settings_with(
        tmp_path,
        AUTOSD_BUDGET_USD_PER_RUN="0.25",
        AUTOSD_BUDGET_USD_PER_DAY="0",
        AUTOSD_BUDGET_TOKENS_PER_DAY="5000",
        AUTOSD_BUDGET_SECONDS_PER_DAY="1.5",
        AUTOSD_BUDGET_LIMITS="2.000001 usd per day per project, 9 tokens per hour per strategy=agent per tenant, "
        "1 usd per run per project=blog",
    )
    account = Account("t", "shop", "agent", "r")
    everybody = Account()
    assert budgets_of(settings, account) == (
        Budget("budget.usd_per_run", everybody, Unit.MICRO_USD, Window.RUN, 250_000),
        Budget("budget.usd_per_day", everybody, Unit.MICRO_USD, Window.DAY, 0),
        Budget("budget.tokens_per_day", everybody, Unit.TOKENS, Window.DAY, 5000),
        Budget("budget.seconds_per_day", everybody, Unit.MILLISECONDS, Window.DAY, 1500),
        Budget("2.000001 usd per day per project", Account(project="shop"), Unit.MICRO_USD, Window.DAY, 2_000_001),
        Budget("9 tokens per hour per strategy=agent per tenant", Account(tenant="t", strategy="agent"), Unit.TOKENS, Window.HOUR, 9),
    )


def test_a_project_may_add_budgets_of_its_own_and_take_none_away(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    (project / "autosd.toml").write_text('[budget]\nlimits = ["1 usd per day", "7 tokens per run"]\n', "utf-8")
    env = {"AUTOSD_HOME": str(tmp_path / "home"), "AUTOSD_BUDGET_LIMITS": "3 usd per day"}
    names = [budget.name for budget in budgets_of(load_settings(env, project=project, cwd=tmp_path), Account())]
    assert sorted(names) == ["1 usd per day", "3 usd per day", "7 tokens per run"]
    (project / "autosd.toml").write_text("[budget]\nusd_per_day = 1000000\n", "utf-8")
    with pytest.raises(AutosdError):
        load_settings(env, project=project, cwd=tmp_path)


NO_BUDGETS = ("2 usd", "usd per day", "-1 usd per day", "1 eur per day", "1 usd per week", "1 usd per day per planet")
NOR_THESE = ("1e9 usd per day", "1 usd per day per project=", "0.0000001 usd per day")


@pytest.mark.parametrize("text", [*NO_BUDGETS, *NOR_THESE])
def test_what_is_no_budget_is_refused_with_an_example(tmp_path: Path, text: str) -> None:
    with pytest.raises(AutosdError) as refused:
        settings_with(tmp_path, AUTOSD_BUDGET_LIMITS=text)
    assert refused.value.code == "AUTOSD-SETTING-INVALID" and "5 usd per day per project" in refused.value.remedy


@pytest.mark.parametrize("env", [{"AUTOSD_QUOTA_FAIL_OPEN": "1"}, {}])
def test_failing_open_has_to_be_said_and_one_no_is_enough(tmp_path: Path, env: Mapping[str, str]) -> None:
    from autosd.settings import table

    (tmp_path / "autosd.toml").write_text("[quota]\nfail_open = false\n", "utf-8")
    assert settings_with(tmp_path, **env)[table.QUOTA_FAIL_OPEN] is False


def test_the_password_of_redis_is_a_secret_and_never_shown(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, REDIS_URL="rediss://me:ge%40heim@redis.example/0")
    assert {"ge%40heim", "ge@heim"} <= set(settings.secrets)
    assert not any("heim" in row.value for row in settings.shown())
    with pytest.raises(AutosdError) as refused:
        settings_with(tmp_path, REDIS_URL="http://me:geheim@x")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    "window, hint", [(Window.RUN, "Look at"), (Window.HOUR, "Wait for the next hour"), (Window.DAY, "Wait for tomorrow")]
)
def test_a_breach_pauses_the_work_and_says_how_it_goes_on(window: Window, hint: str) -> None:
    objection = budget_objection(Breach(Budget("usd_per_x", Account(), Unit.MICRO_USD, window, 5_000_000), 4_500_000, 750_000), NOON)
    assert objection.code == "AUTOSD-BUDGET-EXCEEDED" and objection.remedy.startswith(hint)
    assert all(part in objection.message for part in ("0.75 usd", "4.5 usd", "5 usd", "Nothing was lost"))
    assert "autosd quota show --open" in objection.remedy


def test_a_time_that_no_calendar_has_is_shown_as_it_is() -> None:
    assert moment(10**18) == f"{10**18} ms"
    assert moment(0) == "1970-01-01 00:00:00 UTC"
