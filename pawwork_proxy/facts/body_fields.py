"""Names in request bodies and queries: which are known, and which hold what may identify."""

from __future__ import annotations

from pawwork_proxy.facts.kinds import Kind

BODY_FIELDS: frozenset[str] = frozenset(
    """
    model messages system stream stream_options max_tokens max_completion_tokens
    max_output_tokens temperature top_p top_k min_p n stop stop_sequences presence_penalty
    frequency_penalty repetition_penalty logit_bias logprobs top_logprobs seed tools tool_choice
    parallel_tool_calls response_format reasoning reasoning_effort thinking enable_thinking
    thinking_budget chat_template_kwargs chat_template_args prompt_cache_key
    prompt_cache_retention user metadata safety_identifier store include input instructions
    previous_response_id conversation text truncation service_tier verbosity modalities audio
    prediction web_search_options functions function_call background max_tool_calls prompt
    cache_control context_management container mcp_servers output_config output_format speed
    betas anthropic_version contents systemInstruction system_instruction generationConfig
    generation_config safetySettings safety_settings toolConfig tool_config cachedContent
    cached_content labels provider models route transforms plugins usage extra_body
    reasoning_split preserve_thinking effort
    """.split()
)

IDENTITY_FIELDS: dict[str, Kind] = {
    "prompt_cache_key": Kind.SESSION,
    "user": Kind.USER,
    "user_id": Kind.USER,
    "safety_identifier": Kind.USER,
    "previous_response_id": Kind.SESSION,
    "conversation": Kind.SESSION,
    "conversation_id": Kind.SESSION,
    "session_id": Kind.SESSION,
    "session": Kind.SESSION,
    "sessionId": Kind.SESSION,
    "thread_id": Kind.SESSION,
    "container": Kind.SESSION,
    "cachedContent": Kind.SESSION,
    "cached_content": Kind.SESSION,
    "request_id": Kind.REQUEST,
    "client_request_id": Kind.REQUEST,
    "project": Kind.PROJECT,
    "project_id": Kind.PROJECT,
    "workspace": Kind.WORKSPACE,
    "workspace_id": Kind.WORKSPACE,
    "organization": Kind.WORKSPACE,
    "device_id": Kind.USER,
    "install_id": Kind.USER,
    "installation_id": Kind.USER,
    "client_id": Kind.USER,
    "account_id": Kind.USER,
    "email": Kind.USER,
    "metadata": Kind.USER,
    "labels": Kind.USER,
}
"""Top-level fields whose value, or whose members if it is an object, become pseudonyms."""

METADATA_NAMES: frozenset[str] = frozenset(
    """
    user_id user id session_id sessionId conversation_id thread_id request_id project project_id
    workspace workspace_id organization org_id device_id install_id installation_id client client_id
    account_id email name version agent source trace_id environment app
    """.split()
)

TOOL_NAMES: frozenset[str] = frozenset(
    """
    bash read write edit multiedit patch apply_patch glob grep list ls task todowrite todoread
    webfetch websearch codesearch skill lsp question invalid batch plan_enter plan_exit
    """.split()
)
"""OpenCode's own tools; a gate of the server once looked at them (zen-facts 7.4)."""

ROLES: frozenset[str] = frozenset("system developer user assistant tool function model".split())

QUERY_NAMES: frozenset[str] = frozenset(
    """
    alt key beta api-version limit after before order include stream model page cursor locale
    directory workspace session view fields prettyPrint $alt version
    """.split()
)
QUERY_CREDENTIALS: frozenset[str] = frozenset(
    "key api_key apikey api-key access_token token auth".split()
)
