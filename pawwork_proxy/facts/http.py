"""Words of HTTP: methods, versions, codings, media types, servers, cache directives, hosts."""

from __future__ import annotations

METHODS: frozenset[str] = frozenset(
    "GET HEAD POST PUT PATCH DELETE OPTIONS CONNECT TRACE QUERY".split()
)
PROTOCOL_VERSIONS: frozenset[str] = frozenset(
    "HTTP/0.9 HTTP/1.0 HTTP/1.1 HTTP/2 HTTP/2.0 HTTP/3 HTTP/3.0 "
    "TLSv1 TLSv1.0 TLSv1.1 TLSv1.2 TLSv1.3 QUICv1".split()
)
CODINGS: frozenset[str] = frozenset(
    "gzip x-gzip deflate br zstd dcb dcz identity compress chunked trailers *".split()
)
CONNECTION_OPTIONS: frozenset[str] = frozenset(
    "keep-alive close upgrade te proxy-connection http2-settings".split()
)
MEDIA_TYPES: frozenset[str] = frozenset(
    """
    */* application/* text/* image/* application/json application/x-ndjson application/ndjson
    application/jsonl application/problem+json application/ld+json application/json-seq
    application/vnd.amazon.eventstream application/octet-stream application/xml application/pdf
    application/javascript application/x-www-form-urlencoded application/grpc application/zip
    application/connect+json application/proto application/protobuf application/wasm
    application/xhtml+xml application/signed-exchange application/manifest+json
    multipart/form-data multipart/mixed multipart/related text/event-stream text/plain text/html
    text/css text/csv text/xml text/javascript text/markdown image/png image/jpeg image/gif
    image/webp image/svg+xml image/avif image/apng image/x-icon audio/mpeg audio/wav video/mp4
    """.split()
)
CHARSETS: frozenset[str] = frozenset(
    "utf-8 utf8 us-ascii ascii iso-8859-1 latin1 windows-1252 utf-16 gbk gb2312 gb18030 big5 "
    "shift_jis euc-jp euc-kr".split()
)
SERVERS: frozenset[str] = frozenset(
    """
    cloudflare cloudflare-nginx nginx openresty tengine apache caddy envoy istio-envoy vercel
    netlify gws esf gse uvicorn hypercorn gunicorn daphne granian kestrel jetty tomcat
    openai-proxy anthropic amazons3 cloudfront awselb awselb/2.0 akamaighost fastly varnish haproxy
    traefik squid litespeed microsoft-iis aiohttp python werkzeug starlette simplehttp basehttp
    mitmproxy google fly railway render deno bun node express hono sst tencent-lb bytefe volc-dcdn
    """.split()
)
CACHE_DIRECTIVES: frozenset[str] = frozenset(
    "no-cache no-store no-transform must-revalidate proxy-revalidate private public immutable "
    "only-if-cached max-age s-maxage stale-while-revalidate stale-if-error max-stale min-fresh "
    "must-understand".split()
)
FETCH_WORDS: frozenset[str] = frozenset(
    """
    cors no-cors navigate same-origin same-site cross-site none websocket empty document script
    style image font audio video worker iframe ?0 ?1 on off
    """.split()
)
KNOWN_HOSTS: frozenset[str] = frozenset(
    "opencode.ai www.opencode.ai localhost 127.0.0.1 [::1] models.dev".split()
)
"""Hosts that name nobody; all others are pseudonymised."""

LANGUAGES: frozenset[str] = frozenset(
    """
    aa af am ar as az be bg bn bs ca cs cy da de el en eo es et eu fa fi fil fr ga gl gu he hi hr hu
    hy id is it ja jv ka kk km kn ko ky lo lt lv mk ml mn mr ms mt my nb ne nl nn no or pa pl ps pt
    ro ru sd si sk sl so sq sr sv sw ta te tg th tk tl tr tt ug uk ur uz vi xh yo yue zh zht zu br
    """.split()
)
SCRIPTS: frozenset[str] = frozenset(
    """
    adlm arab armn beng bopo brai cakm cans cher cyrl deva ethi geor grek gujr guru hang hani hans
    hant hebr hira java jpan kana khmr knda kore laoo latn limb mlym mong mtei mymr nkoo olck orya
    rohg sinh sund syrc taml telu tfng thaa thai tibt vaii yiii
    """.split()
)
"""Scripts of living languages (ISO 15924)."""
EDGE_WORDS: frozenset[str] = frozenset(
    """
    hit miss expired stale bypass revalidated updating dynamic none challenge block
    managed_challenge
    js_challenge nosniff deny sameorigin unsafe-none require-corp same-origin noopen
    """.split()
)
