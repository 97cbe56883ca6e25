"""Names that Zen puts into `Error from provider (NAME)` and `Upstream error from NAME`.

Invariant: a name outside the table is never stored; it becomes `other`.
"""

from __future__ import annotations

CLOSED_SERVICE = ("Console", "Console Go")
"""OpenCode's own closed service: relayed, but no third party (zen-facts, 7.4)."""

UNNAMED = "unnamed"
OTHER = "other"

PROVIDERS: tuple[str, ...] = (
    *CLOSED_SERVICE,
    "01.AI", "AI21", "Alibaba", "Amazon Bedrock", "Anthropic", "Arcee", "AtlasCloud", "Azure",
    "Baidu", "Baseten", "Bedrock", "ByteDance", "Cerebras", "Chutes", "Cloudflare", "Cohere",
    "Crusoe", "DashScope", "DeepInfra", "DeepSeek", "Fireworks", "Fireworks AI", "Friendli",
    "GMICloud", "Google", "Google Vertex", "Groq", "Hyperbolic", "Inception", "Inference.net",
    "Kimi", "Lambda", "Liquid", "Meituan", "Meta", "MiniMax", "Mistral", "ModelScope", "Moonshot",
    "Moonshot AI", "Morph", "Nebius", "NextBit", "Novita", "NovitaAI", "Nvidia", "OpenAI",
    "OpenCode", "OpenRouter", "Parasail", "Perplexity", "Phala", "Poolside", "Qwen", "SambaNova",
    "SiliconFlow", "StepFun", "Stealth", "Targon", "Tencent", "Together", "Together AI", "Upstage",
    "Venice", "Vercel", "Vertex", "Vertex AI", "Volcengine", "WandB", "Weights and Biases", "xAI",
    "Xiaomi", "Z.ai", "Zen", "Zhipu",
)  # fmt: skip
_BY_FOLDED = {name.casefold(): name for name in PROVIDERS}


def known_provider(name: str) -> str:
    """The table's spelling of a provider's name, or `other`."""
    return _BY_FOLDED.get(name.strip().casefold(), OTHER)
