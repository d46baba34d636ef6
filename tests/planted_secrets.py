"""Things that must never leave the log: each kind as it stands in a line, and the part that must not be seen.

None of them is real: they are made up of the shape that its issuer documents.
"""

from __future__ import annotations

HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MIXED = "kX8vQ2mZr7Lw4TnYb1Hc6Jd9"

PLANTED: dict[str, tuple[str, str]] = {
    "password in a DSN": ("host=db user=app password=hunter-two sslmode=verify-full", "hunter-two"),
    "password in JSON": ('{"password": "correct horse battery"}', "correct horse battery"),
    "password in escaped JSON": (r"{\"db_password\":\"hunter-three\"}", "hunter-three"),
    "password in an environment variable": ("TEMPORAL_SQL_PASSWORD=hunter-four", "hunter-four"),
    "password in a URL": ("postgres://app:hunter-five@db:5432/temporal", "hunter-five"),
    "password with a slash in a URL": ("amqp://app:hunter/six@queue/vhost", "hunter/six"),
    "passphrase": ("passphrase: 'open sesame'", "open sesame"),
    "basic authorization": ("Authorization: Basic YWRtaW46aHVudGVyMg==", "YWRtaW46aHVudGVyMg"),
    "bearer token": (f"authorization=Bearer {MIXED}", MIXED),
    "bare bearer token": (f"sent Bearer {MIXED}", MIXED),
    "JWT": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmVkLWJ5LW1l", "eyJzdWIiOiJib2IifQ"),
    "AWS access key": ("AKIAQ3EGSRUIPV7XK2ZM", "AKIAQ3EGSRUIPV7XK2ZM"),
    "AWS temporary key": ("ASIAQ3EGSRUIPV7XK2ZM", "ASIAQ3EGSRUIPV7XK2ZM"),
    "AWS secret key": ("aws_secret_access_key=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", "wJalrXUtnFEMI"),
    "AWS secret key by itself": ("wJalrXUtnFEMIK7MDENGbPxRfiCYq8vQ2mZr7Lw4", "wJalrXUtnFEMIK7MDENG"),
    "AWS session token": ("x-amz-security-token: FwoGZXIvYXdzEJr//////////wEaDFq", "FwoGZXIvYXdzEJr"),
    "DSQL token": (f"?Action=DbConnect&X-Amz-Credential=AKIAQ3EGSRUIPV7XK2ZM&X-Amz-Signature={HEX}", HEX[:32]),
    "AWS account": ("account 482915377120", "482915377120"),
    "AWS account in an ARN": ("arn:aws:dsql:eu-west-1:482915377120:cluster/abc", "482915377120"),
    "AWS account with dashes": ("account 4829-1537-7120", "4829-1537-7120"),
    "AWS resource": ("instance i-0abc123def4567890", "0abc123def4567890"),
    "GitHub token": ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F292c6912"),
    "GitLab token": ("glpat-Zs3kQ9vXw7Lm2TnYb1Hc", "Zs3kQ9vXw7Lm2TnYb1Hc"),
    "Slack token": ("xoxb-263594206564-FGqddMF8t08v8N7Oq4i57vs1", "FGqddMF8t08v8N7Oq4i57vs1"),
    "Slack webhook": ("https://hooks.slack.com/services/T024BE7LD/B024BE7LE/abcdefgh", "T024BE7LD/B024BE7LE"),
    "Stripe key": ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWDarjtT1zdp7dc"),
    "Google API key": ("AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "9tSrke72PouQMnMX"),
    "model API key": ("sk-ant-api03-abcdefghijklmnopqrstuv", "abcdefghijklmnopqrstuv"),
    "SendGrid key": ("SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf", "ngeVfQFYQlKU0ufo8x5d1A"),
    "Vault token": ("hvs.CAESIJwmuq1abcdefghijk", "CAESIJwmuq1abcdefghijk"),
    "npm token": ("npm_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz"),
    "Grafana token": ("glsa_HOruNAb7SOiCdshU8algkrq7FDsNSLAa_55e2f8be", "HOruNAb7SOiCdshU8algkrq7FDsNSLAa"),
    "private key": ("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBkg\n-----END EC PRIVATE KEY-----", "MHcCAQEEIBkg"),
    "cut private key": ("-----BEGIN PRIVATE KEY-----\\nMHcCAQEEIBkg", "MHcCAQEEIBkg"),
    "SSH key": ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA bob", "AAAAC3NzaC1lZDI1NTE5"),
    "cookie": ("Set-Cookie: theme=dark; sid=abc-def; Path=/", "abc-def"),
    "API key header": ("x-api-key: short-one", "short-one"),
    "storage account key": ("AccountName=logs;AccountKey=ab12/cd34==;EndpointSuffix=x", "ab12/cd34"),
    "password hash": ("$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36", "EixZaYVK1fsbw1ZfbX3OXe"),
    "hex digest": (HEX, HEX[:32]),
    "e-mail": ("sent to jane.doe+ops@example.co.uk now", "jane.doe"),
    "IPv4 address": ("dial tcp 10.32.7.19:5432", "10.32.7.19"),
    "IPv6 address": ("dial tcp [2001:db8:0:1::7]:5432", "2001:db8"),
    "full IPv6 address": ("from fe80:0:0:0:204:61ff:fe9d:f156", "204:61ff:fe9d"),
    "MAC address": ("link 00:1b:44:11:3a:b7 up", "00:1b:44:11:3a:b7"),
    "host": ("dial db-primary.payments.corp.example.com", "payments"),
    "host with a port": ("cannot reach postgres-blue:5432", "postgres-blue"),
    "EC2 host": ("at ip-10-32-7-19.ec2.internal", "10-32-7-19"),
    "looked-up host": ("lookup db-blue on 10.0.0.2:53: no such host", "db-blue"),
    "pod": ("from temporal-history-6d5f7c9b8-x2x4z", "6d5f7c9b8-x2x4z"),
    "database endpoint": ("abcdefghijk.dsql.eu-west-1.on.aws", "abcdefghijk"),
    "user": ('password authentication failed for user "jane"', "jane"),
    "home folder": ("open /home/jane/.pgpass", "jane"),
    "card number": ("card 4929 1234 5678 9012 declined", "4929 1234 5678 9012"),
    "IBAN": ("to DE89370400440532013000", "370400440532013000"),
    "phone number": ("call +49 170 1234567", "1234567"),
    "UUID": ("run 01a20368-7b83-78fb-8d36-04301d6bf8df", "01a20368-7b83"),
    "workflow in a key": (
        "WorkflowKey: 01a20368-7b83-78fb-8d36-04301d6bf8df/order-of-jane/01a20369-26f3-7cb0-abb9-3fe1707db8b8",
        "order-of-jane",
    ),
    "workflow id": ('WorkflowID="order-of-jane"', "order-of-jane"),
    "sticky queue": ("queue 23972@vm-d5b8c667397b45f4", "d5b8c667397b45f4"),
}
"""At least forty kinds."""

ANYWHERE: tuple[str, ...] = (
    "AKIAQ3EGSRUIPV7XK2ZM",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmVkLWJ5LW1l",
    "01a20368-7b83-78fb-8d36-04301d6bf8df",
    "10.32.7.19",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "xoxb-263594206564-FGqddMF8t08v8N7Oq4i57vs1",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "password=hunter-two",
    "Authorization: Bearer kX8vQ2mZr7Lw4TnYb1Hc6Jd9",
    "postgres://app:hunter-five@db/temporal",
    "arn:aws:dsql:eu-west-1:482915377120:cluster/abc",
    "wJalrXUtnFEMIK7MDENGbPxRfiCYq8vQ2mZr7Lw4",
    HEX,
)
"""Kinds that are known whatever stands before and after them, without a space between."""
