"""What secrets and identifiers look like in a line, and the typed placeholders that stand for them.

Every expression is written so that text glued to a secret makes it redact more, never less: few of them ask what
stands around. None of them matches a part of a placeholder alone, so redacting twice changes nothing.
"""

from __future__ import annotations

import re

import attrs


@attrs.frozen
class Shape:
    """One kind of text to be replaced."""

    hint: tuple[str, ...]
    """In lower case; without one of these in it a line need not be searched. Empty where only a search tells."""
    expression: re.Pattern[str]
    replacement: str


def _shape(hint: str, expression: str, replacement: str, flags: int = 0) -> Shape:
    return Shape(tuple(hint.split()), re.compile(expression, re.ASCII | flags), replacement)


_NAMED = (
    r"passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[-_ ]?key|access[-_ ]?key|account[-_ ]?key|private[-_ ]?key"
    r"|encryption[-_ ]?key|shared[-_ ]?key|signing[-_ ]?key|master[-_ ]?key|credential|authorization|session[-_ ]?id"
    r"|sessionid|jsessionid|signature|nonce|x-amz-[a-z-]+|client[-_ ]?assertion|sas|(?<![a-z])(?:auth|sig|otp|pass|pin"
    r"|psk|jwt|hmac|salt)"
)
"""Words behind which a secret stands."""

_SCHEME = r"[\[({]*(?:(?:bearer|basic|digest|negotiate|apikey|token|aws4-hmac-sha256)\s+)?"
_PLACED = r"""<[a-z-]+>(?=[\s,;}\])"']|$)"""
_QUOTED = r"""\\*"(?:[^"\\]|\\+[^"\\])*(?:\\*"|$)|\\*'[^']*(?:'|$)|\\*`[^`]*(?:`|$)"""
_VALUE = rf"""(?:{_PLACED}|{_QUOTED}|[^\s"'`]+)"""
_ASSIGNS = r"""[\w.-]*\\*["'\]]?\s*(?:=>|:=|=|:|\s(?:is|was)\s|\s(?=["']))\s*"""

COMMANDS: tuple[Shape, ...] = (
    _shape("--", rf"(?i)(--(?=[a-z])[\w-]{{0,24}}?(?:{_NAMED})[\w-]{{0,24}}\s+){_VALUE}", r"\1<secret>"),
    _shape("-u --user", r"((?:-u|--user)[ =])[^\s:\"'<>]+:[^\s\"']+", r"\1<secret>"),
    _shape("mysql", r"(?i)(mysql\w*\b[^\n]*?\s-p)[^\s<>]+", r"\1<secret>"),
)
"""How secrets are handed to commands, which some programs log."""

SENTENCES: tuple[Shape, ...] = (
    # A word with a digit in it is no word of a sentence about passwords, such as "password authentication failed".
    _shape(
        "passw pwd passphrase secret token",
        r"(?i)(\b(?:password|passwd|pwd|passphrase|secret|token)\s+)(?=[^\s\"']*\d)(?=[^\s\"']*[a-z])[^\s\"'<>]+",
        r"\1<secret>",
    ),
    _shape("otp pin passcode", r"(?i)(\b(?:otp|pin|passcode)\s+)\d+", r"\1<secret>"),
    _shape("passw secret", rf"(?i)((?:password|secret)\s+(?:for|of)\s+[^\s:=]+\s*[:=]\s*){_VALUE}", r"\1<secret>"),
    _shape("token/ secret/ apikey/", r"(?i)(/(?:token|secret|apikey)s?/)[^\s/\"'<>]+", r"\1<secret>"),
    _shape("</", rf"(?i)(<(?!secret>)[\w:-]*(?:{_NAMED})[\w:-]*>)[^<]+(?=</)", r"\1<secret>"),
    _shape("%40", r"(?i)(%3a%2f%2f)[^\s\"'<>]*?(%40)", r"\1<secret>\2"),
    # What PostgreSQL says of the row that a unique key or a foreign key refuses.
    _shape(")=(", r"(\)=\()[^)<>]+(?=\))", r"\1<private>"),
)
"""Secrets and names in sentences, paths and lines of other files."""

_TOP_LEVEL = (
    "com|net|org|io|dev|app|cloud|internal|local|localdomain|lan|corp|home|intranet|private|aws|edu|gov|mil|info|biz"
    "|co|uk|de|fr|nl|ch|at|es|it|se|jp|cn|in|br|au|ca|us|eu|ai|int|svc|cluster|example|test|invalid|localhost|onion"
)
_OURS = r"(?!(?:temporal\.(?:server\.)?api|go\.temporal\.io|google\.golang|github\.com|golang\.org)\b)"
"""Names of methods and packages, which Temporal logs and which only look like hosts."""

SHAPES: tuple[Shape, ...] = (
    _shape("-----", r"-----BEGIN[^-]*-----.*?(?:-----END[^-]*-----|\Z)", "<secret>", re.DOTALL),
    _shape("@", r"(://)(?:[^\s\"'`<>]|<secret>)*@", r"\1<secret>@"),
    _shape("hook services", r"(?i)(?:hooks?|webhooks?)(?:\.[a-z0-9.-]+|/)[^\s\"']*/[^\s\"'<>]+", "<secret>"),
    _shape("cookie", r"(?i)(cookie[\w-]*\\*[\"']?\s*[:=]\s*)[^\r\n]+", r"\1<secret>"),
    *COMMANDS,
    *SENTENCES,
    _shape("ssh- ecdsa-", r"(?:ssh-[a-z0-9]+|ecdsa-[\w-]+)\s+AAAA[\w+/=]+", "<secret>"),
    _shape("", rf"(?i)({_NAMED})({_ASSIGNS}){_SCHEME}{_VALUE}", r"\1\2<secret>"),
    _shape(
        "bearer basic digest negotiate apikey",
        r"((?i:bearer|digest|negotiate|apikey)\s+)[^\s\"'<>]{6,}|((?i:basic)\s+)(?=[a-z]*[A-Z0-9=+/])[\w+/=-]{8,}",
        r"\1\2<secret>",
    ),
    _shape("eyj", r"eyJ[\w-]{6,}(?:\.[\w-]*)*", "<secret>"),
    _shape("$", r"\$(?:2[abxy]|argon2\w*|[156]|scrypt|pbkdf2[\w-]*)\$[^\s\"']+", "<secret>"),
    _shape(
        "",
        r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA)[A-Z0-9]{12,}"
        r"|gh[pousr]_\w{16,}|github_pat_\w{16,}|gl(?:pat|ptt|dt|rt|soat|agent)-[\w-]{10,}|gl(?:c|sa)_[\w=+/-]{16,}"
        r"|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|[srp]k_(?:live|test)_\w{8,}|whsec_[\w+/=]{8,}|sk-[\w-]{16,}"
        r"|AIza[\w-]{20,}|ya29\.[\w.-]+|1//0[\w-]{16,}|GOCSPX-[\w-]{10,}|SG\.[\w-]{8,}(?:\.[\w-]+)?|npm_\w{16,}"
        r"|pypi-[\w-]{16,}|do[opr]_v1_\w{16,}|hv[sbr]\.[\w-]{8,}|AGE-SECRET-KEY-\w+|shp(?:at|ca|pa|ss)_\w{8,}"
        r"|dapi[0-9a-f]{16,}|dckr_pat_[\w-]{8,}|hf_\w{16,}|lin_api_\w{8,}|PMAK-[\w-]{16,}|rubygems_\w{16,}"
        r"|sntrys_[\w+/=-]{8,}|NRAK-\w{8,}|key-[0-9a-f]{16,}|(?:AC|SK)[0-9a-f]{32}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]+",
        "<secret>",
    ),
    _shape("fwogzxiv fqogzxiv iqojb3jpz2lu", r"(?:FwoGZXIv|FQoGZXIv|IQoJb3JpZ2lu)[\w+/=%-]+", "<secret>"),
    _shape("arn:", r"(arn:aws[\w-]*:[\w-]*:[\w-]*:)\d+", r"\1<aws-account>"),
    _shape(
        "arn:", r"(arn:aws[\w-]*:[\w-]*:[\w-]*:<aws-account>:(?:user|assumed-role/[^/\s]+)/)[^\s\"'<>]+", r"\1<user>"
    ),
    _shape('"@', r"\"[^\"<>]{1,64}\"@(?!<)[^\s@<>\"'(),;:=\[\]/]+", "<email>"),
    _shape("@", r"[^\s@<>\"'(),;:=\[\]/]+@(?!<)[^\s@<>\"'(),;:=\[\]/]+", "<email>"),
    _shape("", r"(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "<uuid>"),
    _shape("<uuid>", r"(<uuid>[/:|])[^/\s<>:|]+(?=[/:|]<uuid>)", r"\1<workflow-id>"),
    _shape(
        "id",
        rf"(?i)((?:workflow|wf|parent|business)[-_ ]?id\\*[\"']?\s*(?:=>|=|:|\s(?=[\"']))\s*){_VALUE}",
        r"\1<workflow-id>",
    ),
    _shape(
        "user role principal login owner",
        r"(?i)(\b(?:user(?:[-_ ]?(?:name|id))?|role|principal|login|owner)\\*[\"']?\s*(?:=>|=|:|\s(?=[\"']))\s*)"
        rf"{_VALUE}",
        r"\1<user>",
    ),
    _shape("/home/ /users/", r"(?i)(/home/|/users/)[^/\s\"'<>]+", r"\1<user>"),
    _shape("\\users\\", r"(?i)(\\users\\+)[^\\\s\"'<>]+", r"\1<user>"),
    _shape("cn= uid=", r"(?i)(\b(?:cn|uid)=)[^,\s\"'<>]+(?=,)", r"\1<user>"),
    _shape("", r"(?i)(?<![0-9a-z])(?:[0-9a-f]{2}[:-]){5,7}[0-9a-f]{2}", "<mac>"),
    _shape("", r"\d+(?:\.\d+){3,}", "<ip>"),
    _shape("ip-", r"(?i)ip-\d+-\d+-\d+-\d+(?:\.[a-z0-9.-]+)?", "<host>"),
    _shape(
        "::",
        r"(?i)(?=[0-9a-f:]{0,40}\d|[0-9a-f:]{0,40}[0-9a-f]{2}::[0-9a-f]{2})"
        r"(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?"
        r"|::[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)(?:%\w+)?",
        "<ip>",
    ),
    _shape("", r"(?i)[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){4,}(?:%\w+)?", "<ip>"),
    _shape(
        "-", r"(?i)(?<![0-9a-z])(?:i|eni|vpc|subnet|sg|vol|ami|rtb|igw|nat|vpce|fs|snap|acl)-[0-9a-f]{8,17}", "<aws-id>"
    ),
    _shape("", r"\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}(?:[ -]\d{1,3})?", "<num>"),
    _shape("", r"(?<!\d)\d{12}(?!\d)|(?<!\d)\d{4}-\d{4}-\d{4}(?!\d)", "<aws-account>"),
    _shape("-", r"\d{3}-\d{2}-\d{4}", "<num>"),
    _shape("+", r"\+\d[\d ().-]{6,}\d", "<num>"),
    _shape("- .", r"(?<!\d)(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?!\d)", "<num>"),
    _shape("", r"(?i)[0-9a-f]{16,}", "<hex>"),
    _shape("", r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?", "<num>"),
    _shape(
        "",
        r"(?=[A-Za-z+/_=-]{0,99}\d)(?=[^a-z\s]{0,99}[a-z])(?=[^A-Z\s]{0,99}[A-Z])[A-Za-z0-9+/_=-]{20,}"
        r"|(?=(?:[a-z]{0,99}\d){4})[a-z0-9]{20,}|(?=(?:[A-Z]{0,99}\d){4})[A-Z0-9]{20,}",
        "<secret>",
    ),
    _shape("", r"\d{7,}", "<num>"),
    _shape(
        "host lookup",
        r"(?i)(\b(?:host(?:[-_ ]?name)?|lookup|server[-_ ]?name|node[-_ ]?name)\\*[\"']?(?:\s*[:=]\s*|\s+)[\"'\\]*)"
        r"(?!name\b|is\b|not\b)[a-z0-9][\w.-]+",
        r"\1<host>",
    ),
    _shape(
        ".",
        rf"(?i)(?<![\w./-]){_OURS}[a-z0-9_-]{{1,63}}(?:\.[a-z0-9_-]{{1,63}}){{1,20}}\.(?=[a-z])[a-z0-9-]{{2,}}\.?",
        "<host>",
    ),
    _shape(".", rf"(?i)[a-z0-9_-]{{1,63}}(?:\.[a-z0-9_-]{{1,63}}){{0,20}}\.(?:{_TOP_LEVEL})(?![\w-])", "<host>"),
    _shape(":", r"(?i)(?<![\w.<-])(?!port\b|id\b)[a-z][a-z0-9_-]*[a-z0-9](?=:(?:80|443|\d{4,5})(?!\d))", "<host>"),
    _shape("-", r"(?i)[a-z0-9]{1,63}(?:-[a-z0-9]{1,63}){0,12}-[a-f0-9]{8,10}-[a-z0-9]{5}(?![a-z0-9])", "<host>"),
    _shape("localhost", r"(?i)localhost", "<host>"),
)
"""In the order they are replaced in: what has the most context first."""

TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?(?: UTC)?)?", re.ASCII)

NUMBER = re.compile(
    r"(?<![\w<.-])(?<!SQLSTATE )\d+(?:[.,:]\d+)*(?:ns|us|ms|s|m|h|%|[KMGT]?i?B)?(?:\d+(?:\.\d+)?(?:ns|us|ms|s|m))*"
    r"(?![\w>])",
    re.ASCII,
)
"""A number by itself, with its unit. Digits inside words, as in ``OC000``, tell kinds of lines apart."""

PLACEHOLDER = re.compile(
    r"<(?:secret|email|uuid|workflow-id|user|mac|ip|host|aws-id|aws-account|num|time|hex|word|private|more)>"
)
"""Everything that this room puts in the place of something else."""
