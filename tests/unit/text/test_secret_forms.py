"""Secrets in the forms that containers' logs have them; made here, so that no scanner finds one."""

import base64

import pytest

from rollout.text.redaction import REDACTED, redact, redacted_line, safe_tail

S = "Zq8Kx3Vw7Lr2Tn5Yb9Mc"
MIXED = "a1B2"

HIDDEN = [
    *(
        (prefix + MIXED * 9, MIXED * 2)
        for prefix in (
            "ghp_",
            "github_pat_",
            "glpat-",
            "xoxb-123456789012-",
            "sk-",
            "sk-proj-",
            "sk_live_",
            "hf_",
            "AIza",
            "npm_",
            "pypi-AgEI",
            f"SG.{MIXED * 5}.",
        )
    ),
    ("dapi" + "a1b2" * 8, "a1b2a1b2"),
    ("AKIA" + "IOSFODNN7EXAMPLE", "IOSFODNN7"),
    ("wJalrXUtnFEMI" + "/K7MDENG/bPxRfiCYEXAMPLEKEY", "K7MDENG"),
    ("using Hx8Q~" + MIXED * 8, MIXED * 2),
    ("AZURE_CLIENT_SECRET is Hx8Q~" + MIXED * 8, MIXED * 2),
    (MIXED * 12 + "AzFu" + "1234==", MIXED * 2),
    (MIXED * 10 + "+ACR" + "AbCdEf", MIXED * 2),
    (base64.b64encode(bytes(range(32))).decode(), "AAECAwQF"),
    (f"IDENTITY_HEADER={S}", S),
    (f"X-IDENTITY-HEADER: {S}", S),
    (f"('Authorization', 'Basic {S}')", S),
    (f"(b'authorization', b'{S}abcdef')", S),
    (f'Authorization: Digest username="u", response="{S}"', S),
    (f"Cookie: session={S}", S),
    (f"Set-Cookie: AppServiceAuthSession={S}; path=/", S),
    (f"ARRAffinity={S}", S),
    (f"aeg-sas-token: r=x&e=y&s={S}", S),
    (f"https://hooks.slack.com/services/T0/B0/{S}", S),
    (f"https://x.webhook.office.com/webhookb2/{S}", S),
    (f"https://{S}@github.com/x", S),
    (f"https://f/api/x#code={S}", S),
    (f"<password>{S}</password>", S),
    (f'<add key="password" value="{S}"/>', S),
    (f'{{"keys": [{{"keyName": "key1", "value": "{S}"}}]}}', S),
    (f'{{"key1": "{S}"}}', S),
    (f"KEY={S}", S),
    (f"key: {S}", S),
    ("InstrumentationKey=11111111-2222-3333-4444-555555555555", "11111111-2222"),
    (f'{{"auth": ["user", "{S}"]}}', S),
    (f'{{"connectionString": "x={S}"}}', S),
    (f'{{"credentials": "{S}"}}', S),
    (f"credential={S}", S),
    (f"--password {S}", S),
    (f"mysql -p{S}", S),
    (f"curl -u user:{S} https://h", S),
    (f"password: >-\n  {S}", S),
    (f"password: str = '{S}'", S),
    (f"password -> {S}", S),
    (f"password is {S}", S),
    (f"Passwort: {S}", S),
    ("pwd=abc", "abc"),
    *((f"password=abcd{mark}{S}", S) for mark in (",", "&", "}", " ")),
    (f"pass\N{ZERO WIDTH SPACE}word={S}", S),
    ("".join(chr(ord(each) + 0xFEE0) for each in "password") + f"={S}", S),
]


@pytest.mark.parametrize(("text", "secret"), HIDDEN, ids=range(len(HIDDEN)))
def test_a_secret_is_hidden_in_every_form_it_is_logged_in(text: str, secret: str) -> None:
    logged = f"INFO start\n{text}\nINFO end"
    for clean in (redact(text), safe_tail(logged), redacted_line(f"start {text} end")):
        assert secret not in clean
        assert REDACTED in clean
    assert safe_tail(logged).startswith("INFO start\n")
    assert safe_tail(logged).endswith("\nINFO end")


@pytest.mark.parametrize(
    "text",
    [
        "password is required",
        "the token is expired",
        "sk-learn-contrib-something-long",
        "npm_config_registry=https://registry.example",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "/opt/conda/envs/azureml_3f7868/lib/python3.13/site-packages/sklearn/base.py",
        "git clone ssh://git@host/repo",
        "key: 2026-01-31T10:05:00Z",
        "credentials: DefaultAzureCredential",
        "curl -u is an option",
        "the cookie jar is empty",
    ],
)
def test_a_line_without_a_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "run",
    [
        *(
            "ghp_",
            "sk-",
            "sk-a",
            "SG.",
            "dapi",
            "AKIA",
            "Q~",
            "aQ~",
            "AzFu",
            "a-AzFu",
            "+ACR",
            "A+",
        ),
        *("cookie", "cookie: ", "'auth': [", "hooks.slack.com/services/", "://aaaaaaaaa"),
        *("password: >\n", "<password>", 'key="', 'name="password" value="', '"keyName": "'),
        *("password: a", "--", "--token ", "mysql ", "mysql -", "-u ", "password=", "pwd=a 1"),
        *("key=", "key1: a", "credential", "token is ", "connection_string"),
    ],
)
def test_a_flood_of_half_a_form_comes_to_an_end(run: str) -> None:
    text = run * (2**17 // len(run))
    assert len(redact(text)) <= len(text) * 3
