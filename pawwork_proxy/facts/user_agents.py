"""Products that stand in the user agents of AI clients, SDKs and the runtimes below them."""

from __future__ import annotations

PRODUCTS: frozenset[str] = frozenset(
    """
    opencode opencode-ai pawwork pawwork-proxy deepseek-harness dsh deepseek deepseek-tui ai ai-sdk
    openai-compatible provider-utils provider gateway anthropic openai openai-responses google
    google-vertex azure xai groq mistral cohere deepinfra togetherai fireworks cerebras perplexity
    amazon-bedrock openrouter vercel runtime node.js node bun deno workerd edge-runtime browser
    vercel-edge undici nodejs unknown latest desktop cli app acp vscode web ide github action tui
    sdk server serve js python asyncopenai asyncanthropic openai-python anthropic-python
    python-requests python-httpx python-urllib urllib3 requests httpx aiohttp python httpcore
    java-http-client iterm.app wezterm ghostty apple_terminal windowsterminal
    curl libcurl wget httpie xh postmanruntime insomnia bruno hoppscotch thunder client
    go-http-client go java okhttp apache-httpclient jersey reqwest hyper ureq rust ruby faraday
    php guzzlehttp dart dio swift cfnetwork darwin alamofire axios got node-fetch superagent ky
    mozilla applewebkit webkit khtml gecko chrome chromium safari firefox edg edge edga opr opera
    version mobile electron headlesschrome crios fxios vivaldi brave
    claude claude-code claude-cli claude-tap codex codex_cli_rs codex_cli codex-tui cursor cline
    roo roo-code roocode kilo kilo-code kilocode aider continue zed zeditor windsurf goose crush
    amp gemini-cli geminicli qwen-code qwencode qwen kimi-cli kimicli kimi copilot githubcopilotchat
    copilot-chat trae augment factory droid warp openhands openclaw hermes-agent hermes litellm
    9router new-api one-api newapi oneapi langchain langchainjs llamaindex llama-index librechat
    open-webui openwebui cherrystudio cherry-studio lobechat lobe-chat chatbox jan msty anythingllm
    nextchat raycast obsidian codeplane opennovel factory-cli pi pi-coding-agent stainless linux
    windows macos mac darwin x64 arm64 amd64 x86_64 aarch64 win32 mitmproxy mitmdump playwright
    puppeteer vitest jest k6 locust hey wrk ab oha vegeta
    """.split()
)

PLATFORMS: frozenset[str] = frozenset(
    """
    js python go java kotlin ruby csharp php MacOS Linux Windows FreeBSD OpenBSD Android iOS Unknown
    node deno bun edge edge-runtime browser workerd vercel-edge CPython PyPy JRE .NET x32 x64 arm
    arm64 x86_64 aarch64 unknown asyncio trio true false
    """.split()
)
"""What SDKs call languages, systems, runtimes and processors, in the case in which they write it."""
PRERELEASES: frozenset[str] = frozenset(
    "alpha beta rc dev canary nightly preview next snapshot latest stable insiders local".split()
)
