"""The two strategies that work in many steps, as the settings want them: a conversation of ours, and an outside agent."""

from __future__ import annotations

from autosd.app import App
from autosd.coding.agent.coder import AgentCoder, AgentLimits
from autosd.coding.command.coder import CommandCoder, CommandLine
from autosd.coding.edit.coder import Reminders
from autosd.gates.gating import is_gating
from autosd.intake.trials import ColdTrials
from autosd.ports import Retriever, Talk
from autosd.settings import table


def agent_for(
    app: App, talk: Talk, *, retriever: Retriever | None = None, request: str = "", reminders: Reminders | None = None
) -> AgentCoder:
    """``request`` says what is wanted beyond green tests."""
    settings = app.settings
    limits = AgentLimits(
        turns=settings[table.AGENT_TURNS],
        history_tokens=settings[table.AGENT_HISTORY],
        answer_characters=settings[table.AGENT_ANSWER],
    )
    return AgentCoder(
        talk, app.repository, ColdTrials(app.sandbox), retriever,
        locked=is_gating, protected=settings[table.PROTECTED_PATHS], request=request, limits=limits,
        reminders=reminders,
    )  # fmt: skip


def command_for(app: App, talk: Talk | None, *, request: str = "") -> CommandCoder:
    """Without ``talk`` the command has no model."""
    settings = app.settings
    line = CommandLine(
        settings[table.COMMAND_LINE],
        env=settings[table.COMMAND_ENV],
        show=settings[table.COMMAND_SHOW],
        most_requests=settings[table.COMMAND_REQUESTS],
        limits=settings.limits,
    )
    return CommandCoder(app.sandbox, line, talk, locked=is_gating, protected=settings[table.PROTECTED_PATHS], request=request)
