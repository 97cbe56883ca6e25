"""What error messages say, as ids: the messages themselves are never kept.

Each row finds one meaning in the text of an error, in the languages the server speaks. Rules
use phrases only where no type decides, or where one type has several meanings (`AuthError`,
`ModelError`). Invariant: a phrase id says nothing that identifies anybody.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pawwork_proxy.facts.errors import Sense

MAX_TEXT = 1200
"""Characters of a message that are looked at."""


class Phrase(NamedTuple):
    """One meaning, with the pattern that finds it and a text that has it."""

    id: str
    sense: Sense
    pattern: re.Pattern[str]
    example: str


def _phrase(id_: str, sense: Sense, example: str, *alternatives: str) -> Phrase:
    return Phrase(id_, sense, re.compile("|".join(alternatives), re.IGNORECASE), example)


_NO_PROVIDER_WORDS = (
    r"provider|fournisseur|proveedor|fornitore|anbieter|leverand[øo]r|udbyder|dostawc|sağlayıcı"
    r"|fornecedor|provedor|провайдер|поставщик|постачальник|правайдар|pružatelj|pružaoc|dobavljač"
    r"|provajder|davatelj|ofrues|penyedia|proveïdor|nhà cung cấp|təminatçı|provayder"
    r"|プロバイダ|供应商|供應商|提供商|提供者|服务商|服務商|공급자|제공자|프로바이더|공급업체|مزود|موفر|ผู้ให้บริการ|ספק"
)
_NO_WORDS = (
    r"\b(no|none|not?n|aucun|ning[uú]n|nessun[oa]?|kein(e)?|ingen|intet|brak|nenhum|bulunam|yok"
    r"|nema|nijedan|нет|немає|няма|cap|asnjë|không|tidak ada|heç)\b|mevcut değil|kullanılabilir"
    r"|mevcut|利用可能|ありません|없|无可用|無可用|没有可用|沒有可用|暂无|不可用|لا يوجد|لا يتوفر|لا تتوفر|غير متاح|ไม่มี|אין"
)
_SUPPORT_WORDS = (
    r"support|unterst|prise? en charge|soporta|suporta|поддерж|підтрим|падтрым|podrž|obsług"
    r"|destekl|รองรับ|مدعوم|دعم|対応|サポート|支持|支援|지원|støtte|understøtt|compatible"
)

PHRASES: tuple[Phrase, ...] = (
    _phrase(
        "client_gate",
        Sense.GATE,
        "OpenCode's free tier can only be used in OpenCode",
        r"free tier (can|may) only be used",
        r"only (be used|available|usable|allowed) (from )?(with)?in (the )?(official )?opencode",
        r"\b[\w.]+ [\d.x]+ or (newer|later|higher|above) (is|are)? ?required",
        r"(please )?(upgrade|update) (to )?(the latest (version of )?)?opencode",
        r"missing x-opencode-session|x-opencode-session (header )?(is )?(missing|required)",
        r"cannot be routed efficiently",
        r"unsupported client|client (version )?(is )?(not supported|unsupported|outdated|too old)",
        r"user.agent (is )?(not allowed|blocked|rejected|not permitted)",
        r"only available (for|to) (opencode|coding agents)",
    ),
    _phrase(
        "data_policy",
        Sense.DATA_POLICY,
        "This model collects data used to improve its quality and requires explicit opt in",
        r"collects data",
        r"data (policy|collection|sharing) .{0,60}(opt|consent|enable|privacy)",
        r"No endpoints found matching your data policy",
    ),
    _phrase(
        "free_limit",
        Sense.FREE_LIMIT,
        "Free usage exceeded, subscribe to Go",
        r"FreeUsageLimit",
        r"free (daily )?(usage|quota|limit|tier (usage|limit|quota)) ?(limit|quota)? ?"
        r"(has been |is |was )?(exceeded|reached|exhausted|used up)",
        r"(exceeded|reached|hit|exhausted) (your |the )?(daily )?free (usage|quota|tier limit|limit)",
        r"免费(使用)?(额度|配额|用量)(已|被)?(用完|用尽|耗尽|超出|超限)",
        r"免費(使用)?(額度|配額|用量)(已|被)?(用完|用盡|耗盡|超出|超限)",
        r"free_quota_exhausted",
    ),
    _phrase(
        "go_limit",
        Sense.GO_LIMIT,
        "5-hour usage limit reached. Resets in 2hr 4min.",
        r"GoUsageLimit",
        r"\bgo usage limit (has been )?(exceeded|reached)",
        r"\b(5[- ]?hours?|weekly|monthly|rolling) usage limit (has been )?(reached|exceeded)(?! for)",
        r"subscription quota exceeded\W+you can continue using free models",
    ),
    _phrase(
        "go_link",
        Sense.NEUTRAL,
        "https://opencode.ai/workspace/wrk_0/go",
        r"opencode\.ai/workspace/[^/\s]+/go\b",
    ),
    _phrase(
        "black_limit",
        Sense.BLACK_LIMIT,
        "Subscription quota exceeded. Retry in 2hr 10min.",
        r"(Black|Subscription)UsageLimit",
        r"\bblack usage limit (has been )?(exceeded|reached)",
        r"subscription (quota|limit) (has been )?(exceeded|reached)",
        r"(quota|cuota|cota) (d['’]|de |da |di |dell['’])?(la )?(abonnement|suscripción|assinatura"
        r"|abbonamento)|abonnement(s|-)?(quote|kvote)|(квот\w+|лимит\w*|ліміт\w*) (подписки|підписки)"
        r"|(limit|kvota) (subskrypcji|pretplate)|abonelik (kotası|limiti)|kvota pretplate"
        r"|サブスクリプションの(制限|上限|クォータ)|구독 (할당량|한도)|订阅(配额|额度|限额)|訂閱(配額|額度|限額)"
        r"|حصة الاشتراك|โควตา(การสมัคร|สมาชิก)",
    ),
    _phrase(
        "user_limit",
        Sense.USER_LIMIT,
        "You have reached your monthly spending limit of $5.",
        r"\byou(['’]ve| have) reached your monthly spending limit",
        r"opencode\.ai/workspace/\S+/members",
    ),
    _phrase(
        "monthly_limit",
        Sense.MONTHLY_LIMIT,
        "Your workspace has reached its monthly spending limit of $20.",
        r"workspace has reached its monthly spending limit",
    ),
    _phrase(
        "entitlement",
        Sense.ENTITLEMENT,
        "OpenCode Go subscription required.",
        r"(opencode )?\bgo subscription (is )?(required|needed)",
        r"active opencode go subscription",
        r"(requires?|need) (an? )?(active )?(opencode )?go (subscription|plan)",
    ),
    _phrase(
        "trial_ended",
        Sense.MODEL,
        "Free promotion has ended for Kimi K2.5.",
        r"(free )?(promotion|trial)( period)? (has |is )?(ended|over|expired)",
        r" - https://opencode\.ai/go\b",
    ),
    _phrase(
        "no_provider",
        Sense.NO_PROVIDER,
        "No provider available",
        r"no (available |healthy |suitable |allowed )?"
        r"(providers?|channels?|upstreams?|backends?|deployments?)"
        r"( is| are)? ?(currently )?(available|found|left|online|for)",
        r"no (available|healthy|allowed) (providers?|channels?|upstreams?|backends?|accounts?)",
        r"no_provider_available",
        r"no (instances|endpoints|capacity|workers) (are |is )?(currently )?available",
        r"(无|無|没有|沒有)可用(的)?(渠道|供应商|供應商|提供商|提供者|服务商)",
        r"aucun fournisseur (n['’]est )?disponible|ning[uú]n proveedor disponible"
        r"|keine?n? anbieter verfügbar|nessun (provider|fornitore) disponibile"
        r"|nenhum (provedor|fornecedor) disponível|brak dostępn\w+ dostawc"
        r"|ingen (leverandør|udbyder)e?( er)? til(gængelig|gjengelig)"
        r"|нет доступн\w+ (провайдер|поставщик)|немає доступн\w+ (провайдер|постачальник)"
        r"|kullanılabilir sağlayıcı yok|nema dostupn\w+ (provajder|pružatelj|pružaoc)"
        r"|利用可能なプロバイダー?が?(ありません|ない)|사용 ?가능한 (제공자|공급자|프로바이더)가 없"
        r"|لا يوجد (مزود|موفر)|ไม่มีผู้ให้บริการ",
    ),
    _phrase(
        "provider_word",
        Sense.NEUTRAL,
        "Aucun fournisseur disponible",
        _NO_PROVIDER_WORDS,
    ),
    _phrase("none_word", Sense.NEUTRAL, "Ningún proveedor disponible", _NO_WORDS),
    _phrase("support_word", Sense.NEUTRAL, "Model x is not supported", _SUPPORT_WORDS),
    _phrase(
        "context",
        Sense.CONTEXT,
        "prompt is too long: 202744 tokens > 200000 maximum",
        r"(prompt|input|request|message|context|conversation)s? (is|are|was) too (long|large)\b"
        r"(?!.{0,20}(timeout|time))",
        r"(prompt|input|context)( length| token count)?( \(?\d+[^.]{0,30}\)?)? "
        r"(exceeds?|exceeded|is longer than|is greater than|surpass\w*)\b",
        r"(exceeds?|exceeded|over|beyond|longer than|larger than|greater than) (the |its |this )?"
        r"(model['’]?s? ?)?(available |maximum |max |allowed )?"
        r"(context|prompt|input)( token)? ?(length|window|size|limit|count)",
        r"maximum (context|prompt|input|sequence)( token)? ?(length|window|size|limit)",
        r"context[_ -]?(length|window|limit)([_ ]is)?[_ ](exceed|overflow|full|too)",
        r"input (token count|length|tokens?)[^.]{0,40}exceed",
        r"input is too long for requested model",
        r"exceed(s|ed)? (the )?model['’]?s? ?(max(imum)? )?tokens? limit",
        r"range of input length should be",
        r"(total|input|prompt) tokens?[^.]{0,30}(exceed|larger|greater|more) (than )?",
        r"reduce the length of (the |your )?(messages|prompt|input|context)",
        r"too many (input )?tokens in (the )?(prompt|request|context)",
        r"tokens? (in your|of your) (prompt|request) (exceed|exceeds)",
        r"exceed(s|ed)? (max|maximum) (input )?(length|tokens|sequence)",
        r"(上下文|输入|輸入|提示).{0,12}(过长|過長|超过|超過|超出|长度限制|長度限制)",
        r"token.{0,8}(超过|超過|超出).{0,10}(限制|上限|最大)",
    ),
    _phrase(
        "overload",
        Sense.OVERLOAD,
        "The engine is currently overloaded, please try again later",
        r"overload(?!ed (function|method|operator))",
        r"\b(at|over|out of|exceeded|insufficient|no|reached|limited|lack of) (max(imum)? )?"
        r"(server |model |compute |gpu |available )?capacity",
        r"(traffic|load|demand)( is| are|s are)?( currently| too| very| unusually)* high",
        r"(high|heavy|peak|unusual(ly high)?|surge in|increased) (traffic|load|demand|usage volume)",
        r"(service|server|endpoint|inference|engine|backend|upstream|provider|deployment|system)"
        r"( is| are| was)?( currently| temporarily| too| very)* "
        r"(busy|unavailable|not available|down)(?! (in|for|from|to) )",
        r"model( is| are)? (currently |temporarily |too |very )+(busy|unavailable|not available)",
        r"model( is| are)? (busy|down)\b",
        r"temporar(il)?y (un|not )available",
        r"(service|server|endpoint)s? (is )?unavailable",
        r"queue (is |was )?(full|exceeded|too long)|queue_full|(waiting|request) queue .{0,20}full",
        r"worker .{0,30}(limit|busy|exhausted|full)",
        r"(degraded|cold.?start|scaling up|warming up|still loading|is loading)\b(?! page)",
        r"(server|service|system|cluster) (is )?busy|too busy",
        r"unable to process your request (at this time|right now|due to)",
        r"(服务|服務|系统|系統|模型|引擎|伺服器|服务器|当前|當前).{0,12}(繁忙|过载|過載|负载|負載|拥挤|高峰)",
        r"访问量过大|訪問量過大|请求量过大|资源不足|暂时不可用|暫時不可用|过载|過載|稍后再试.{0,6}繁忙",
        r"перегруж|перевантаж|過負荷|混雑|混み合|과부하|혼잡|surchargé|sobrecarg|überlast|sovraccaric"
        r"|przeciąż|aşırı yük|overbelast|โหลดเกิน|محملة? (فوق|بشكل)|preopterećen|przeładow",
    ),
    _phrase(
        "funds",
        Sense.FUNDS,
        "Insufficient balance. Manage your billing here",
        r"insufficient (account )?(balance|funds?|credits?|resource package)",
        r"(balance|credits?|funds?) (is |are )?(too low|not enough|insufficient|exhausted|used up|"
        r"depleted|empty|negative|expired)",
        r"not enough (balance|credits?|funds?)|out of credits?|run out of credits?",
        r"no (valid )?payment method|add a payment method|payment (is )?required",
        r"overdue|arrear|unpaid|past due|in good standing|good standing",
        r"credit balance|billing (is )?(not active|hard limit|inactive|disabled)",
        r"please (recharge|top up|add (more )?(credits?|funds?))|(recharge|top.?up) (your )?account",
        r"purchase (more )?credits|doesn['’]t have any credits",
        r"余额不足|餘額不足|欠费|欠費|账户余额|请充值|請充值|残高|잔액",
        r"solde insuffisant|saldo (insuficiente|insufficiente)|unzureichendes guthaben"
        r"|недостаточно средств|недостатньо коштів|недостаточный баланс|yetersiz bakiye"
        r"|niewystarczając\w+ sald|méthode de paiement|método de pago|metodo di pagamento"
        r"|zahlungsmethode|forma de pagamento|método de pagamento|способ оплаты|ödeme yöntemi",
    ),
    _phrase(
        "vendor_debt",
        Sense.NEUTRAL,
        "Access denied, please make sure your account is in good standing.",
        r"overdue|arrear|unpaid|past due|good standing|欠费|欠費",
    ),
    _phrase(
        "account_quota",
        Sense.ACCOUNT_QUOTA,
        "You exceeded your current quota, please check your plan and billing details.",
        r"(exceed(ed|s)?|reached|exhausted|over) (your|the|its)? ?(current|account|monthly|daily|"
        r"allocated|token|plan|api|project|organi[sz]ation)?[ -]?(quota|allowance)",
        r"quota (has been |is |was )?(exceeded|exhausted|reached|used up|insufficient)",
        r"used all available credits|monthly spending limit|spend(ing)? limit",
        r"(weekly|monthly|daily|5[- ]?hours?)(/(weekly|monthly|daily))? (limit|quota) "
        r"(exhausted|reached|exceeded|used)",
        r"usage limit (reached|exceeded)",
        r"(reached|hit|exceeded) (your|the|its) [\w -]{0,30}(usage|request|token|message) limit",
        r"(plan|package|token plan|coding plan|subscription).{0,30}(expired|limit reached)",
        r"free-models-per-(day|min)",
        r"额度(已|不足|用尽|用完)|配额(已|不足|用尽)|額度(已|不足)|超出(当前)?配额",
    ),
    _phrase(
        "rate",
        Sense.RATE,
        "Rate limit reached for requests",
        r"rate[ -]?limit(?!er)",
        r"too many (requests|concurrent|tokens(?! in))|too much traffic from",
        r"(request|token|concurrency|concurrent|throughput|frequency|rpm|tpm|qps)s?( rate| request)?s? "
        r"(limit|quota)s? (exceeded|reached|exceed)",
        r"throttl",
        r"(requests|tokens) per (minute|min|second|day)",
        r"concurrency limit|high concurrency|number of (concurrent )?(requests|connections)",
        r"resource (has been )?exhausted|some resource has been exhausted",
        r"(slow down|reduce) (your )?(request|frequency|rate)|request(s|ed)? (rate )?increased too",
        r"频率|頻率|限流|速率限制|请求过多|請求過多|并发(数)?(过|超)|請求太頻繁|请求太频繁|レート制限|リクエスト(が多|制限)|요청( 수)?(이|가)? ?(너무 많|한도|제한)|속도 제한",
        r"limite de (débit|taxa|velocidad|frecuencia)|límite de (velocidad|frecuencia|tasa)"
        r"|ratenlimit|limite di (frequenza|velocità|richieste)|limit (szybkości|żądań|zapytań)"
        r"|лимит (запрос|частот|скорост)|ліміт (запит|частот)|hız (sınırı|limiti)|istek sınırı"
        r"|hastighedsgrænse|hastighetsgrens|frekvensgrense|จำกัดอัตรา|อัตรา|حد المعدل|معدل الطلبات|ograničenj\w+ broja",
    ),
    _phrase(
        "zen_rate_text",
        Sense.NEUTRAL,
        "Rate limit exceeded. Please try again later.",
        r"rate limit exceeded\. please try again later",
    ),
    _phrase(
        "auth_blocked",
        Sense.AUTH_BLOCKED,
        "This workspace has been blocked. Contact support: https://opencode.ai/discord",
        r"workspace (has been |is )?(blocked|suspended|disabled|banned)",
        r"(account|organi[sz]ation|key|user|project)( has been| is| was)? (been )?"
        r"(blocked|suspended|disabled|banned|deactivated|locked|terminated)",
        r"request (was |has been )?blocked( by upstream)?",
        r"opencode\.ai/discord",
        r"bloqu|blocc|blockier|gesperrt|blokk?er|zablokow|engellen|заблокир|заблок|blokir"
        r"|bị chặn|bllok|bloklan|ถูกบล็อก|ถูกระงับ|บล็อก|حظر|محظور|ブロック|차단|封锁|封鎖|阻止|阻挡|遭封|拦截|攔截|阻擋|屏蔽|封禁|停用",
    ),
    _phrase(
        "auth_missing",
        Sense.AUTH_MISSING,
        "Missing API key.",
        r"missing (api[- ]?key|authori[sz]ation|authentication|credentials?|bearer|auth)",
        r"(no|without( an?)?) (api[- ]?key|auth(orization)? (credentials|header|token)|credentials|"
        r"cookie auth credentials)( was| were)? ?(found|provided|specified|supplied|given)?",
        r"(api[- ]?key|authorization( header)?|credentials?) (is |was |are )?"
        r"(missing|not (provided|supplied|found|set|specified)|required|empty)",
        r"(did ?n['’]t|not) provide an api[- ]?key|please provide (an? |your )?api[- ]?key",
    ),
    _phrase(
        "auth_missing_word",
        Sense.NEUTRAL,
        "Falta la clave API.",
        r"missing|manquant|absente?\b|falta|ausente|manca|mancante|fehl(t|end)|mangl|brak(uje)?\b"
        r"|lipse|chyb|hiányz|λείπει|puuttu|saknas|ontbreek|hilang|отсутств|відсутн|адсутн|eksik|nedostaje|fehlt|munges?on|falt[ae]|thiếu|tidak ada|çatışmır"
        r"|缺少|缺失|遗漏|遺漏|未提供|没有提供|(?<!正しく)(?<!では)ありません|がない|不足|見つかりません|없|누락|مفقود|ينقص|غير موجود|ไม่มี|ขาด|หายไป|ไม่พบ|חסר",
    ),
    _phrase(
        "api_key_word",
        Sense.NEUTRAL,
        "Ungültiger API-Key.",
        r"api[- ]?(key|schlüssel|キー|키|密钥|密鑰|金鑰|anahtar|ключ|nøgle|nøkkel|sleutel|nyckel)"
        r"|(clé|clave|chiave|chave|klucz\w*|ključ\w*|ключ\w*|clau|khóa|kunci|مفتاح)( de| d['’]| do)? ?api",
    ),
    _phrase(
        "auth_invalid_word",
        Sense.NEUTRAL,
        "Ungültiger API-Key.",
        r"ungültig|invalide|non valide|no válid|inválid|non valid|nieprawidłow|неверн|недійсн"
        r"|недействит|невірн|geçersiz|ugyldig|nevaž|neisprav|no vàlid|tidak valid|không hợp lệ"
        r"|غير صالح|غير صحيح|ไม่ถูกต้อง|잘못된|유효하지|無効|正しくありません|无效|無效|不正确",
    ),
    _phrase(
        "auth_invalid",
        Sense.AUTH_INVALID,
        "Invalid API key.",
        r"(invalid|incorrect|wrong|bad|expired|malformed|unknown|revoked) "
        r"(x-)?(api[- ]?key|authentication|authori[sz]ation|bearer|token|credentials?|auth)",
        r"(api[- ]?key|token|credentials?) (\S+ )?(is |was |has )?(been )?"
        r"(not valid|invalid|incorrect|expired|revoked|wrong|disabled|not recognized)",
        r"authentication (fails|failed|error|failure)|could not (authenticate|resolve authentication)",
        r"api key not valid|unable to authenticate|user not found",
        r"(无效|無效|错误|不正确|過期|过期).{0,4}(的)?.{0,4}(api|密钥|金鑰|令牌)|(密钥|金鑰|令牌).{0,6}(无效|無效|错误|过期|過期)",
        r"clé (d['’])?api (invalide|non valide)|clave (de )?api (no válida|inválida)"
        r"|chiave api non valida|ungültiger api|chave de api inválida|неверный api",
    ),
    _phrase(
        "region",
        Sense.REGION,
        "Country, region, or territory not supported",
        r"(country|region|territory|location)s?[^.]{0,30}(not (supported|available|allowed|eligible)|"
        r"unsupported|restricted|blocked|forbidden)",
        r"(not|un)( ?)(available|supported|allowed|permitted|accessible) (in|from|for) (your|this) "
        r"(country|region|territory|location|area)",
        r"(requires|only available in) (the )?(global|us|eu|china|specific)?[ \w]{0,20}\bregions?\b",
        r"only available hosted in|hosted in china",
        r"user location is not supported",
        r"export (control|restriction)|sanction",
        r"in deinem land|dans votre pays|en (tu|su) país|nel tuo paese|no seu país|w twoim kraju"
        r"|в вашей стране|у вашій країні|ülkenizde|i ditt land|i dit land|u vašoj zemlji"
        r"|在(您|你)(所在)?的?(国家|國家|地区|地區)|귀하의 국가|해당 국가|في بلدك|ในประเทศของคุณ",
        r"(地区|地區|国家|國家|区域|區域).{0,10}(不支持|不支援|不可用|不允许|受限|限制)|お住まいの(国|地域)",
    ),
    _phrase(
        "model",
        Sense.MODEL,
        "Model kimi-k2.5-free not supported",
        r"\bmodels?\b[\s:`'\"]{0,3}[\w./:@-]{0,80}[`'\"]? {0,2}(is |was |are |has |have )?(been )?"
        r"(currently )?(not (supported|found|available|exist|enabled|accessible|valid|recognized|active)|"
        r"unsupported|deprecated|disabled|retired|decommissioned|unknown|removed|discontinued|"
        r"no longer|does not exist|doesn['’]t exist|not a valid|end.of.life|sunset)",
        r"\bmodel\b.{0,80}(does not support|doesn['’]t support) (this|the) (protocol|endpoint|format|api)",
        r"(unknown|invalid|unsupported|no such|nonexistent) model\b",
        r"\bmodel[_ ]not[_ ](found|supported|exist)|not found the model|model: [\w.-]+$",
        r"does not exist or (you|your team) (do|does) not have access",
        r"no endpoints? (found|available) (for|that)",
        r"(is |are )not (a valid|an available|a supported) model",
        r"function .{0,60}(not found|eol|end of life)",
        r"not supported (for|on|in|with|by) (this )?(format|endpoint|protocol)",
        r"模型.{0,20}(不存在|不支持|不支援|已下线|已停用|已禁用|已下架|未找到|已棄用|已弃用)|不支持.{0,6}模型",
    ),
    _phrase(
        "opaque",
        Sense.OPAQUE,
        "Provider returned error",
        r"provider returned( an)? error|upstream (returned|responded with)( an)? error",
        r"bad response status code",
    ),
    _phrase(
        "content_policy",
        Sense.CONTENT_POLICY,
        "Input data may contain inappropriate content.",
        r"inappropriate content|content (filter|policy|moderation|management policy)|"
        r"(unsafe|sensitive) (or sensitive )?content|safety (system|filter|policy)|usage polic(y|ies)",
        r"flagged (as|for|by)|prohibited content|敏感内容|不安全",
    ),
    _phrase(
        "invalid",
        Sense.INVALID,
        "Extra inputs are not permitted, field: 'chat_template_kwargs'",
        r"(extra inputs|additional properties|extra fields?) (are|is) not (permitted|allowed)",
        r"must be (passed|provided|set|specified|one of|a |an |at least|less|greater|in |non-?empty|"
        r"followed|preceded|present|unique|between)",
        r"invalid (request|parameter|input|argument|value|type|json(?! response)|schema|message|body|role|tool|"
        r"image|format|field|content|base64|url|signature|response_format|beta|option|param)",
        r"(is|are) not (allowed|permitted|valid|a valid)\b|not a valid|malformed",
        r"(missing|required|unsupported|unknown|unrecognized|unexpected|invalid) (request )?"
        r"(required )?(field|parameter|argument|property|value|key in|option|keyword|role|content|param)",
        r"field required|none is not an allowed value|value is not a valid|(?<!type )validation (error|failed)",
        r"(should|expected|expects?|cannot|can't|can not) (be|to be|have|contain|start|a |an |an? )",
        r"(does not|doesn['’]t|do not) support (image|tool|audio|video|vision|function|stream|system|"
        r"reasoning|thinking|json|this parameter|temperature|response_format|file|parallel|multi)",
        r"response_format|tool_(call|use|choice|result)s?|encrypted_content|reasoning_content|"
        r"chat_template|max_tokens|temperature|top_p",
        r"(failed to|cannot|could not|error|unable to) (parse|deserialize|decode|parsing)( the)?"
        r" ?(request|body|json|image|messages)?|request body",
        r"messages?(\[|\.)\d|messages: |roles? must alternate|duplicate",
        r"参数(错误|无效|不合法)|參數(錯誤|無效)",
    ),
    _phrase(
        "timeout",
        Sense.TIMEOUT,
        "Upstream request timed out",
        r"time[d]?[ -]?out|deadline exceeded|took too long|before the given deadline",
    ),
    _phrase(
        "server",
        Sense.SERVER,
        "Internal server error",
        r"internal (server )?(error|failure)|server error|unexpected (server )?error|"
        r"something went wrong|an error occurred|unknown error|not valid json|"
        r"error (while )?processing|inference (error|failed|connection)|"
        r"cannot read propert|is not a function|undefined is not|unexpected (token|end of json)",
        r"内部(错误|服务器错误)|內部(錯誤|伺服器錯誤)|サーバー(内部)?エラー|내부 서버 오류|erreur interne|error interno|interner (server)?fehler|внутренняя ошибка",
    ),
    _phrase(
        "window_5h",
        Sense.NEUTRAL,
        "Usage limit reached for 5 hour",
        r"\b5[- ]?(h\b|hr|hour|stunden|heures|horas|ore\b|timer|godzin|час|годин|гадзін|saat|sat|or[eë]"
        r"|hores|jam|giờ)|5 ?(小时|小時|個小時|个小时|時間|시간|ชั่วโมง|ساعات|שעות)",
    ),
    _phrase(
        "window_week",
        Sense.NEUTRAL,
        "Weekly usage limit reached",
        r"weekly|hebdo|semanal|wöchentl|settimanal|недельн|тижнев|тыднёв|tygodniow|haftalık|həftəlik"
        r"|ukentlig|ugentlig|ukes|uges|sedmičn|tjedn|nedeljn|setmanal|javor|mingguan|hằng tuần"
        r"|每周|每週|周使用|週間|週次|주간|รายสัปดาห์|أسبوع|שבועי",
    ),
    _phrase(
        "window_month",
        Sense.NEUTRAL,
        "Monthly usage limit reached",
        r"monthly|mensuel|mensual|mensal|monatl|mensile|месячн|місячн|месячн|miesięczn|aylık"
        r"|månedlig|mjesečn|mesečn|mujor|bulanan|hằng tháng|每月|月度|月間|月次|월간|รายเดือน|شهر|חודשי",
    ),
)
"""In the order in which ids are stored."""

SENSES: dict[str, Sense] = {phrase.id: phrase.sense for phrase in PHRASES}


def phrases_in(text: str) -> tuple[str, ...]:
    """Ids of the phrases that a message holds."""
    text = text[:MAX_TEXT]
    return tuple(phrase.id for phrase in PHRASES if phrase.pattern.search(text))
