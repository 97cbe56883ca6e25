"""Model ids that Zen and Go have served, and the words that model ids are made of.

`MODEL_IDS` are kept as they are. Any other id must be made of `MODEL_WORDS`, sizes, dates and
short version numbers, with at most one word unknown (`redaction.grammar`).
Sources: Zen's public model list and models.dev, 2025-11 to 2026-09.
"""

from __future__ import annotations

MODEL_IDS: frozenset[str] = frozenset(
    """
    alpha-gd4 alpha-glm-4.7 big-pickle claude-3-5-haiku claude-haiku-4-5 claude-opus-4-1
    claude-opus-4-5 claude-opus-4-6 claude-opus-4-7 claude-opus-4-8 claude-sonnet-4
    claude-sonnet-4-5 claude-sonnet-4-6 code-supernova deepseek-v4-flash deepseek-v4-flash-free
    deepseek-v4-pro gemini-3-flash gemini-3-pro gemini-3.1-pro gemini-3.5-flash glm-4.6 glm-4.7
    glm-4.7-free glm-5 glm-5-free glm-5.1 glm-5.2 gpt-5 gpt-5-chat gpt-5-codex gpt-5-mini
    gpt-5-nano gpt-5-pro gpt-5.1 gpt-5.1-codex gpt-5.1-codex-max gpt-5.1-codex-mini gpt-5.2
    gpt-5.2-codex gpt-5.3-codex gpt-5.3-codex-spark gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.4-pro
    gpt-5.5 gpt-5.5-pro grok-4 grok-4.3 grok-build-0.1 grok-code grok-code-fast-1 hy3-free
    hy3-preview kimi-k2 kimi-k2-thinking kimi-k2.5 kimi-k2.5-free kimi-k2.6 kimi-k2.7
    laguna-s-2.1-free ling-3.0-flash-free mimo-v2-flash-free mimo-v2-omni mimo-v2-pro
    mimo-v2.5 mimo-v2.5-free mimo-v2.5-pro minimax-m2.1 minimax-m2.1-free minimax-m2.5
    minimax-m2.5-free minimax-m2.7 minimax-m3 muse-spark nemotron-3-super-free
    nemotron-3-ultra-free north-mini-code-free qwen3-coder qwen3.5-plus qwen3.6-plus
    qwen3.6-plus-free qwen3.7-max qwen3.7-plus trinity-large-preview-free
    """.split()
)

MODEL_WORDS: frozenset[str] = frozenset(
    """
    abab accounts ai ai21 air alibaba aliyun alpha amazon anthropic apriel arcee arctic aws aya
    azure
    baai baichuan baidu base bedrock berta beta big bigcode bytedance
    canary cerebras chat chatglm chatgpt chimera claude code codegeex codegemma codellama coder
    codestral codex codestrallatest cogito cognitivecomputations cogview cohere command community
    computer context
    databricks davinci dbrx deepcoder deepinfra deephermes deepscaler deepseek default dense
    devstral diffusion distill doubao dolphin
    edge eagle embed embedding embeddings ernie eu exaone experimental exp
    falcon fast fireworks fireworks-ai flan flash free frontier function
    gemini gemma general giga gigachat glm gml goliath google gpt granite grok groq gguf
    haiku hermes high hf huggingface hunyuan hy
    ibm image imagen inception inference inflection instant instruct intellect internlm internvl it
    jamba janus jan
    kat kimi
    laguna language large latest learnlm lfm lite lightning ling liquid liquidai llama llava local
    long longcat low luna
    magistral mai maverick max maximum maas medium mercury meta meta-llama microsoft mimo mini
    minicpm minimax minimaxai ministral mistral mistralai mixtral mixtral moe model models
    moonshot moonshotai morph multi multimodal muse music
    nano nebius nemo nemotron next ngc nightly north nous nousresearch nova novita nvidia
    o1 o3 o4 olmo olmoe omni online open openai openchat opencoder opencode openhands openrouter
    optimus opus orca orpheus oss
    palm palmyra perplexity phi phind pickle pixtral plus polaris polyglot preview prime pro prover
    publishers publisher
    qianfan quality quant quasar qvq qwen qwq qwenlong
    raptor realtime reasoner reasoning recursal reka rerank research ring rnj rwkv
    safety sambanova sao sarvam scout search seed seedream selene skyfall skywork small smol smollm
    solar sonar sonnet sonoma spark speciale sora stable stablelm starcoder step stepfun supernova
    super stealth swe switchpoint
    tencent terminus text thedrummer thinking thudm together togethercomputer tool tools training
    transcribe trinity tts tulu turbo tuned
    ultra us uncensored undi95 upstage
    v0 venice vertex vicuna video virtuoso vision vl
    weaver whisper wizard wizardlm writer
    x xai xiaomi xlarge xl xs
    yi
    zai z zephyr zhipu zhipuai zeta zen
    sonnet4 fp8 fp4 fp16 bf16 int4 int8 awq gptq nvfp4 mxfp4 q4 q8 km
    contributor inclusionai ring dall guest trial andromeda zenith summit ds
    horizon sherlock dash bert aurora cypher sky pony pickle mai codegen tng r1t ui tars aion
    dusk think nothink high-speed highspeed global region central east west
    """.split()
)
