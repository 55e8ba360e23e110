"""The rows of models and the strategies that use them: a part of the table, which takes over every row of this file."""

from __future__ import annotations

from pathlib import Path

from autosd.settings import kinds
from autosd.settings.delays import DELAYS
from autosd.settings.rows import Setting
from autosd.settings.rows import names_of as _names

MODEL = Setting(
    "model.name",
    kinds.TEXT,
    "",
    "The model that work may use, as provider:model (openai, anthropic, ollama, vllm); gpt-... and claude-... need no provider. "
    "Unset: none, unless there is a key of OpenAI: then the guides' gpt-4-0125-preview.",
    _names("SELF_CODING_MODEL", "OPENAI_MODEL"),
)
OPENAI_URL = Setting(
    "model.openai_url",
    kinds.MODEL_URL,
    "https://api.openai.com/v1",
    "Where models of the provider openai are: OpenAI's, or any server with the same interface. The key is sent there.",
    _names("OPENAI_BASE_URL"),
)
OPENAI_KEY = Setting("model.openai_key", kinds.SECRET, "", "Key of the provider openai; never shown.", _names("OPENAI_API_KEY"))
ANTHROPIC_URL = Setting(
    "model.anthropic_url",
    kinds.MODEL_URL,
    "https://api.anthropic.com",
    "Where models of the provider anthropic are. The key is sent there.",
    _names("ANTHROPIC_BASE_URL"),
)
ANTHROPIC_KEY = Setting("model.anthropic_key", kinds.SECRET, "", "Key of the provider anthropic; never shown.", _names("ANTHROPIC_API_KEY"))
OLLAMA_URL = Setting("model.ollama_url", kinds.MODEL_URL, "http://localhost:11434/v1", "Where models of the provider ollama are.")
OLLAMA_KEY = Setting("model.ollama_key", kinds.SECRET, "", "Key of an Ollama that wants one; never shown.", _names("OLLAMA_API_KEY"))
VLLM_URL = Setting("model.vllm_url", kinds.MODEL_URL, "http://localhost:8000/v1", "Where models of the provider vllm are.")
VLLM_KEY = Setting("model.vllm_key", kinds.SECRET, "", "Key of a vLLM that wants one; never shown.", _names("VLLM_API_KEY"))
TEMPERATURE = Setting("model.temperature", kinds.number(0, 2), 0.2, "How freely a model may choose its words; 0: always the likeliest.")
MAX_TOKENS = Setting("model.max_tokens", kinds.integer(1, 1_000_000), 3000, "Most tokens of one reply.")
MODEL_SECONDS = Setting(
    "model.timeout_seconds", kinds.number(0.1, 3600), 30.0, "Longest that one try of one request may take.", _names("CODEX_TIMEOUT")
)
MODEL_PRICES = Setting(
    "model.prices",
    kinds.OPTIONAL_PATH,
    None,
    "A TOML file of prices that adds to the shipped ones and wins: dollars for a million tokens, by provider:model.",
)

# agents
AGENT_TURNS = Setting("agent.max_turns", kinds.integer(1, 1000), 40, "Most replies of the model in one conversation of the strategy agent.")
AGENT_HISTORY = Setting(
    "agent.history_tokens",
    kinds.integer(2000, 2_000_000),
    60_000,
    "About how long the history of such a conversation may be, in tokens; over it old answers of tools are left out first.",
)
AGENT_ANSWER = Setting(
    "agent.answer_characters",
    kinds.integer(500, 400_000),
    12_000,
    "Longest answer of a tool in such a conversation; more is cut in its middle.",
)
COMMAND_LINE = Setting(
    "command.line",
    kinds.TEXT,
    "",
    "The outside agent that the strategy command runs: the absolute path of a program and its words, as for a shell but without one. "
    "{task_file}, {task}, {model}, {base_url}, {key} and {root} are filled in; without the first two the task comes on standard input.",
)
COMMAND_ENV = Setting(
    "command.env",
    kinds.WORDS,
    (),
    "Variables of the outside agent as NAME=VALUE, beside those by which it finds its model; the same places are filled in.",
)
COMMAND_SHOW = Setting(
    "command.show",
    kinds.ROOTS,
    (),
    "Files and folders of this machine that the outside agent may read, beside its program and the virtual environment that it is in.",
)
COMMAND_REQUESTS = Setting(
    "command.max_requests", kinds.integer(1, 100_000), 200, "Most requests to a model that one run of the outside agent may make."
)

# talking
RETRY_DELAYS = Setting(
    "model.retry_delays",
    DELAYS,
    (2.0, 5.0, 10.0),
    "How long to wait, in seconds, before each further try of a question to a model. There is one try more than there are numbers.",
    _names("CODEX_RETRY_DELAYS"),
)
RETRY_MOST_SECONDS = Setting(
    "model.retry_max_seconds",
    kinds.number(0, 3600),
    30.0,
    "Longest wait that a provider's own word (retry-after, reset headers) can bring about.",
)
SIMPLIFY_DROP_SYSTEM = Setting(
    "model.simplify_drop_system",
    kinds.FLAG,
    True,
    "Whether the last, simpler try of a question leaves out the system's text.",
    _names("SIMPLIFY_PROMPT_DROP_SYSTEM"),
)
SIMPLIFY_EXAMPLES = Setting(
    "model.simplify_examples",
    kinds.integer(0, 1000),
    0,
    "How many of its examples the last, simpler try of a question keeps.",
    _names("SIMPLIFY_PROMPT_EXAMPLE_LIMIT"),
)
FALLBACK_STRATEGY = Setting(
    "model.fallback_strategy",
    kinds.choice("queue", "reroute"),
    "queue",
    "What happens to a question that no try answered: queue keeps it for later, reroute asks the fallback model first.",
    _names("CODEX_FALLBACK_STRATEGY"),
)
FALLBACK_MODEL = Setting(
    "model.fallback_model", kinds.TEXT, "gpt-3.5-turbo", "The model that reroute asks.", _names("CODEX_FALLBACK_MODEL")
)
RETRY_QUEUE = Setting(
    "model.retry_queue",
    kinds.PATH,
    Path("{home}/codex_retry_queue.jsonl"),
    "Where questions wait that no model answered, as JSON lines without secrets.",
    _names("CODEX_RETRY_QUEUE"),
)
PROMPT_WORKERS = Setting(
    "model.parallel_prompt_workers", kinds.integer(1, 64), 1, "Questions to a model that are asked ahead at the same time; 1: none is."
)
STALE_PROMPTS = Setting(
    "model.allow_stale_parallel_prompts",
    kinds.FLAG,
    False,
    "Whether an answer that was asked ahead is used although files that its question depends on have changed since.",
)
TALK_DAYS = Setting(
    "model.keep_days", kinds.number(0, 3650), 14.0, "How long replies of unfinished runs and transcripts of conversations are kept."
)
TALK_MB = Setting(
    "model.keep_mb", kinds.integer(1, 1_048_576), 200, "Most that kept replies and transcripts may take; over it the oldest go first."
)

# strategies
RACE = Setting(
    "strategy.race",
    kinds.FLAG,
    False,
    "Whether the strategy auto lets what costs nothing and a model work side by side, instead of the model only when the others found "
    "nothing. The first proven change wins; what the model was asked meanwhile is paid for.",
)

# edit
EDIT_CANDIDATES = Setting(
    "edit.candidates", kinds.integer(1, 8), 2, "How many different changes the strategy edit asks a model for before it gives up."
)
EDIT_CORRECTIONS = Setting(
    "edit.corrections",
    kinds.integer(0, 10),
    2,
    "How often it asks again for one change, with what was wrong: edits that fit nowhere, tests that still fail.",
)
EDIT_CONTEXT = Setting(
    "edit.context_tokens", kinds.integer(200, 1_000_000), 8000, "About how much source a question of it shows, in tokens."
)
