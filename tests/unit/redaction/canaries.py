"""Secrets and personal data of many formats, made at run time: no secret-looking text is in git."""

import base64
import json
import random
import string
import uuid
from collections.abc import Mapping
from functools import cache

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits
_URLSAFE = _ALNUM + "-_"


@cache
def canaries(seed: int = 1) -> Mapping[str, str]:
    """Format → a secret of it, the same for the same seed."""
    rng = random.Random(seed)

    def some(alphabet: str, length: int) -> str:
        return "".join(rng.choices(alphabet, k=length))

    def b64(data: str) -> str:
        return base64.b64encode(data.encode()).decode()

    def jwt_part(claims: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    name = some(string.ascii_lowercase, 9)
    return {
        "zen": "sk-" + some(_ALNUM, 64),
        "opencode_v2": "oc_sk_" + some(_ALNUM, 40),
        "openai_project": "sk-proj-" + some(_URLSAFE, 48),
        "anthropic": "sk-ant-api03-" + some(_URLSAFE, 93) + "AA",
        "openrouter": "sk-or-v1-" + some(_HEX, 64),
        "deepseek": "sk-" + some(_HEX, 32),
        "short_sk": "sk-" + some(_ALNUM, 16),
        "github": "ghp_" + some(_ALNUM, 36),
        "github_fine": "github_pat_" + some(_ALNUM, 22) + "_" + some(_ALNUM, 59),
        "gitlab": "glpat-" + some(_URLSAFE, 20),
        "aws_id": "AKIA" + some(_UPPER, 16),
        "aws_secret": some(_ALNUM + "/+", 40),
        "google": "AIza" + some(_URLSAFE, 35),
        "google_oauth": "ya29." + some(_URLSAFE, 60),
        "slack_bot": "xoxb-" + some(string.digits, 12) + "-" + some(_ALNUM, 24),
        "slack_hook": "https://hooks.slack.com/services/T"
        + some(_UPPER, 8)
        + "/"
        + some(_ALNUM, 24),
        "stripe": "sk_live_" + some(_ALNUM, 24),
        "npm": "npm_" + some(_ALNUM, 36),
        "pypi": "pypi-AgEIcHlwaS5vcmc" + some(_URLSAFE, 60),
        "huggingface": "hf_" + some(string.ascii_letters, 34),
        "groq": "gsk_" + some(_ALNUM, 52),
        "xai": "xai-" + some(_ALNUM, 80),
        "replicate": "r8_" + some(_ALNUM, 37),
        "sendgrid": "SG." + some(_URLSAFE, 22) + "." + some(_URLSAFE, 43),
        "digitalocean": "dop_v1_" + some(_HEX, 64),
        "shopify": "shpat_" + some(_HEX, 32),
        "twilio": "AC" + some(_HEX, 32),
        "telegram": some(string.digits, 9) + ":AA" + some(_URLSAFE, 33),
        "discord": some(_ALNUM, 24) + "." + some(_ALNUM, 6) + "." + some(_URLSAFE, 27),
        "jwt": f"eyJ{some(_ALNUM, 20)}.{jwt_part({'sub': name})}.{some(_URLSAFE, 43)}",
        "pem": "-----BEGIN PRIVATE KEY-----\n"
        + some(_ALNUM + "/+", 64)
        + "\n-----END PRIVATE KEY-----",
        "age": "AGE-SECRET-KEY-1" + some(_UPPER, 58),
        "basic_auth": b64(f"{name}:{some(_ALNUM, 12)}"),
        "basic_url": f"https://{name}:{some(_ALNUM, 12)}@internal.example.com/x",
        "dsn": f"postgres://{name}:{some(_ALNUM, 14)}@db.example.net:5432/prod",
        "cookie": f"session={some(_ALNUM, 32)}; theme=dark",
        "email": f"{name}.{some(string.ascii_lowercase, 6)}@example.org",
        "home_unix": f"/home/{name}/code/{some(string.ascii_lowercase, 8)}/notes.txt",
        "home_mac": f"/Users/{name}/Library/{some(string.ascii_lowercase, 8)}",
        "home_windows": f"C:\\Users\\{name}\\Documents\\{some(string.ascii_lowercase, 8)}",
        "ipv4": "203.0.113." + str(rng.randrange(100, 255)),
        "ipv6": f"2001:db8:{some(_HEX, 4)}:{some(_HEX, 4)}::{some(_HEX, 4)}",
        "mac": ":".join(some(_HEX, 2) for _ in range(6)),
        "uuid": str(uuid.UUID(some(_HEX, 32))),
        "hex32": some(_HEX, 32),
        "hex64": some(_HEX, 64),
        "base64": b64(some(_ALNUM, 30)),
        "card": "-".join(some(string.digits, 4) for _ in range(4)),
        "phone": "+49-555-" + some(string.digits, 7),
        "workspace": "wrk_" + some(_UPPER, 26),
        "session": "ses_" + some(_HEX, 12) + some(_ALNUM, 14),
        "passphrase": "-".join(some("bdfgklmnprst" + "aeiou" * 3, 7) for _ in range(4)),
        "licence": "-".join(some(_UPPER, 5) for _ in range(5)),
        "sentence": f"please summarise the {name} merger before friday",
        "unicode": f"Größe der {name} Übernahme bleibt vertraulich",
        "host": f"{name}-laptop.{some(string.ascii_lowercase, 7)}.internal",
    }


def pieces(secret: str, length: int = 12) -> list[str]:
    """Every run of `length` characters of a secret, or the whole of a shorter one."""
    if len(secret) <= length:
        return [secret]
    return [secret[start : start + length] for start in range(len(secret) - length + 1)]


def leaked(secret: str, text: str) -> list[str]:
    """The pieces of `secret` that `text` holds, raw or JSON-escaped, in any letter case."""
    lower = text.lower()
    return [
        piece
        for piece in pieces(secret)
        if piece.lower() in lower or json.dumps(piece)[1:-1].lower() in lower
    ]
