"""The rows of models and the strategies that use them: a part of the table, which takes over every row of this file."""

from __future__ import annotations

from autosd.settings import kinds
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
