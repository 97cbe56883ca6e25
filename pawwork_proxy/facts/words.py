"""Plain words of APIs: what error types, event names, finish reasons and routes are made of.

Single words only; `redaction.grammar` takes texts apart at case changes and separators.
"""

from __future__ import annotations

API_WORDS: frozenset[str] = frozenset(
    """
    application promotion promotional ended expire expiry option options beta fine grained interleaved
    extended skills upgrade renewed grace trialing spent allowance insufficient capability legal
    country countries territory sanction sanctions consent terms minimum outdated
    abort aborted absent accept access account action active add added agent ai allow allowed
    already
    annotation anthropic api app argument arguments array assistant async attempt audio auth
    authentication authorization availability available
    backend bad balance base batch billing black block blocked body budget bundle busy by bytes
    cache cached call calls cancel canceled cancelled cannot capacity chain channel chat check chunk
    citation citations city class clear client closed code command compact compaction complete
    completed completion completions concurrency concurrent config configuration conflict connect
    connection console content context control converse cost count country create created credit
    credits custom
    daily data day default delete deleted delta denied deprecated detail details device disabled
    disconnect disconnected document does done down duplicate
    edge edit empty enable enabled encoding encrypted end engine entitlement entity entry env error
    errors event exceed exceeded exception execution exhausted exist exists expired external
    fail failed failure fatal feature field file files filter final finish finished flag flagged for
    forbidden format found free frequency frontend function functions
    gateway general generate generation get global go google group guard guardrail
    handler has header health heartbeat high hit host hour html http
    id identity image images implemented in inference info input insufficient internal interrupted
    invalid invocation is issue item items
    json keepalive key keys kind known
    language large last length level limit limited limits line list load local location lock
    log long
    malformed many match max maximum media member memory message messages method minimum minute
    mismatch missing mode model models moderation modified modification monthly moved
    name network new next no not null number
    object of ok on open openai operation option or organization origin other out output over
    overload
    overloaded
    page parameter parameters params parse parsing part partial path pause payload payment pending
    per permission permissions ping plan policy pong pool post precondition process processing
    prohibited project prompt protocol provider proxy put
    query queue quota
    rate raw read reached ready reason reasoning received recitation redacted refusal refused region
    reject rejected relay remote remove removed rendering request requests required reset resource
    response responses restricted result results retired retry role route router run runtime
    safety schema scope search security send sensitive sent sequence server service session set
    setup
    shape signature size slow small source spend spending spii start started state status step stop
    stopped storage store stream streaming string subscription success summary supported suspended
    syntax system
    table team temporarily temporary tenant terminated text thinking thread throttled
    throttling tier
    time timed timeout token tokens too tool tools total trial turn type typed
    unauthenticated unauthorized unavailable unexpected unimplemented unknown unprocessable
    unprocessed unsafe unsupported update upgrade upload upstream url usage use used user users
    valid validation value version video violation
    wait was web week weekly window workspace write wrong year zen zero
    """.split()
)

ROUTE_WORDS: frozenset[str] = frozenset(
    """
    zen go v1 v2 v3 v1beta v1alpha v4 api auth chat completions messages responses models usage
    embeddings images generations edits audio speech transcriptions files batches count_tokens
    cdn-cgi trace favicon.ico robots.txt config.json config docs health status version openai
    anthropic google login logout oauth token device console workspace keys billing share session
    sessions event events global project share_create health.json beta cancel input_items compact
    moderations assistants threads runs vector_stores realtime complete completion rerank
    well-known .well-known opencode experimental streamgeneratecontent generatecontent counttokens
    embedcontent root index.html
    """.split()
)
