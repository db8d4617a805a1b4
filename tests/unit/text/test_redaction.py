"""What leaves a log: no secrets, no control codes, not too much."""

import pytest

from rollout.adapters.azure_ml.expectations import excerpt
from rollout.text.redaction import (
    EDGE_CHARACTERS,
    INPUT_FACTOR,
    LINE_CHARACTERS,
    LOG_TAIL_CHARACTERS,
    REDACTED,
    redact,
    redacted_line,
    safe_tail,
)

PEM = "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"AccountKey={KEY};EndpointSuffix=x", KEY),
        (f"the key {KEY} was used", KEY),
        ("https://a.blob/x?se=1&sig=ab%2Fc%3D&sp=r", "ab%2Fc%3D"),
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("token eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbg in a log", "eyJzdWIiOiIx"),
        ("Endpoint=sb://x;SharedAccessKey=s3cr/et=", "s3cr/et="),
        ("SharedAccessSignature=sv%3D1", "sv%3D1"),
        ("https://user:hunter2@host/x", "hunter2"),
        ("DB_PASSWORD=hunter22 next", "hunter22"),
        ("{'api_key': 'sk-12345'}", "sk-12345"),
        ('"primaryKey": "abcdefgh"', "abcdefgh"),
        ("client-secret: abcdefgh", "abcdefgh"),
        ("GET /api/alerts?code=abc_def-1 HTTP", "abc_def-1"),
        ("?se=1&amp;sig=ab%2F", "ab%2F"),
        ("x-functions-key: abcdefgh", "abcdefgh"),
        ("aeg-sas-key: abcdefgh", "abcdefgh"),
        ("AZURE_OPENAI_KEY=abcdefgh", "abcdefgh"),
        ("Ocp-Apim-Subscription-Key: abcdefgh", "abcdefgh"),
        ("DB_PASS=hunter22", "hunter22"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("redis://:hunter2@host", ":hunter2"),
        ('{\\"password\\": \\"x\\"}', "x"),
        ('password="a,bcdefgh"', "a,bcdefgh"),
        (PEM, PEM),
    ],
)
def test_secrets_are_replaced_and_the_rest_stays(text: str, secret: str) -> None:
    clean = redact(text)
    assert secret not in clean
    assert REDACTED in clean
    assert clean.split(REDACTED)[0] == text.split(secret, maxsplit=1)[0].removesuffix(
        "user:"
    ).removesuffix("eyJhbGciOiJI.")


PEM_LINES = "MIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n"
PEM = f"-----BEGIN PRIVATE KEY-----\n{PEM_LINES}-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("GET https://f.example/api/x?code=aB3_x-9== 200", "aB3_x-9"),
        ("https://f.example/api/x?a=1&amp;code=aB3x", "aB3x"),
        (r"https://f.example/api/x?a=1\u0026code=aB3x", "aB3x"),
        ("x-functions-key: aB3x9", "aB3x9"),
        ("{'x-functions-key': 'aB3x9'}", "aB3x9"),
        ("aeg-sas-key: aB3x9=", "aB3x9"),
        ("sig=ab%2Fc%3D", "ab%2Fc"),
        ("?sv=1&amp;sig=ab%2Fc&amp;sp=r", "ab%2Fc"),
        (r"?sv=1\u0026sig=ab%2Fc\u0026sp=r", "ab%2Fc"),
        ("next=%3Fsv%3D1%26sig%3Dab%2Fc", "ab%2Fc"),
        ("SECRET_KEY=hunter22", "hunter22"),
        ("AZURE_OPENAI_KEY=hunter22", "hunter22"),
        ("Ocp-Apim-Subscription-Key: 0123456789abcdef", "0123456789abcdef"),
        ("DB_PASS=hunter22", "hunter22"),
        ("Authorization: Basic dXNlcjpwdw==", "dXNlcjpwdw"),
        ('"Authorization": "Basic dXNlcjpwdw=="', "dXNlcjpwdw"),
        ("Authorization: SharedKey account:c2ln", "c2ln"),
        ("authorization: 0123456789abcdef0", "0123456789abcdef0"),
        ("authorization: bearer  abc.def", "abc.def"),
        (PEM, "MIIEvQIBADANBgkq"),
        (PEM, "hkiG9w0BAQEFAASC"),
        (PEM.replace("PRIVATE", "RSA PRIVATE").replace("\n", "\\n"), "hkiG9w0BAQEFAASC"),
        (PEM.partition("-----END")[0], "hkiG9w0BAQEFAASC"),
        ("log: " + PEM.partition("KEY-----\n")[2], "hkiG9w0BAQEFAASC"),
        ("redis://:hunter2@host:6379/0", "hunter2"),
        ("mysql://u:p@ss/w@host/db", "ss/w"),
        ("postgres://user@server:hunter2@host/db", "hunter2"),
        (r"{\"password\": \"x9\", \"a\": 1}", "x9"),
        (r"{\"password\": \"ab\\\"x9\"}", "x9"),
        (r"{\'password\': \'x9\'}", "x9"),
        ('{"password": "one,two;three&four}five"}', "five"),
        ("password='one, two'", "two"),
        (r'{"password": "one\"two"}', "two"),
        ('password="never closed', "closed"),
        ("-" * 40 + "a" * 70 + "_password=hunter22", "hunter22"),
        ("client_secret => hunter22", "hunter22"),
    ],
)
def test_no_secret_is_in_the_output(text: str, secret: str) -> None:
    for clean in (redact(text), safe_tail(text), redacted_line(text), excerpt(text.encode())):
        assert secret not in clean
        assert REDACTED in clean


@pytest.mark.parametrize(
    "text",
    [
        "status code=424, exit code: 137",
        "https://host/x?codec=h264&barcode=1234",
        "the key: amount",
        "monkey: banana, keyboard=qwerty",
        "the design=modern, signal=TERM",
        "12 passed, pass: everything, bypass=enabled",
        "Authorization: denied by the policy",
        "Authorization failed for the basic tier",
        "https://host:8080/path?mail=a@b.example",
        "see https://host/path and mail a@b.example",
        "password: None",
        "password reset, the token has expired",
        "max_tokens=4096",
        "-----BEGIN CERTIFICATE-----",
        "eyJ is how a token begins",
        "KeyError: 'amount'",
        "tokenizer loaded from disk",
        'File "score.py", line 3, in init',
        "accuracy: 0.9312, secretary: none",
        "https://host:8080/path",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


def test_terminals_are_not_told_anything() -> None:
    text = (
        "\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07 \x9b2J back\x08 \u202eevil\tkept\r\nline\rtwo"
    )
    clean = safe_tail(text)
    assert clean == "red bell\ufffd \ufffd2J back\ufffd \ufffdevil\tkept\nline\ntwo"


def test_a_tail_is_cut_at_a_line_after_secrets_are_gone() -> None:
    text = "".join(f"line {number} token=abcdefgh\n" for number in range(100))
    tail = safe_tail(text, 60)
    assert tail.startswith("line 9")
    assert tail.endswith("line 99 token=[redacted]")
    assert len(tail) <= 60
    assert safe_tail("x" * 100, 10) == "x" * 10
    assert safe_tail("short\n") == "short"


def test_a_secret_at_the_edge_of_the_cut_is_not_half_shown() -> None:
    assert "KBHBeksoGMGw" not in safe_tail(f"AccountKey={KEY}", 20)


def test_a_message_becomes_one_line() -> None:
    assert redacted_line(" a\n  b\tc ") == "a b c"
    assert redacted_line("x" * 20, 10) == "xxxxxxx..."


@pytest.mark.parametrize(
    "unit", ["-", "_", ".", "a-", "eyJaaaaa-", "://", "-----BEGIN PRIVATE KEY", "\x1b]"]
)
def test_foreign_text_cannot_make_a_pattern_slow(unit: str) -> None:
    flood = unit * (1024 * 1024 // len(unit))
    assert len(redacted_line(flood)) <= 500
    assert len(safe_tail(flood)) <= 8000


@pytest.mark.parametrize(
    "run",
    [
        *("-", "_", ".", "a-", "a", "a.", "eyJa-", "eyJaaaaa-", "eyJaaaaa.", "password", "key="),
        *("://a:", "-----BEGIN ", "-----END ", "AAAA", " ", "\n", "\\", '"', "\x1b[0", "\x1b]"),
        *("-----BEGIN PRIVATE KEY-----", 'password="', "authorization: ", "password\\"),
    ],
)
def test_a_flood_of_anything_comes_to_an_end(run: str) -> None:
    text = run * (2**17 // len(run))
    assert len(redact(text)) <= len(text) * 2
    assert len(safe_tail(text)) <= LOG_TAIL_CHARACTERS
    assert len(redacted_line(text)) <= LINE_CHARACTERS
    assert len(excerpt(text.encode())) <= LINE_CHARACTERS


def test_no_more_is_read_than_a_few_times_the_limit() -> None:
    far = 10 * INPUT_FACTOR + EDGE_CHARACTERS
    assert safe_tail("early\n" + " " * far + "late", 10) == "late"
    assert redacted_line("early" + " " * far + "late", 10) == "early..."
    assert redacted_line("x" * far * 2, 10) == "xxxxxxx..."
    assert safe_tail("x" * far * 2, 10) == "x" * 10


def test_half_a_secret_at_the_edge_of_what_is_read_is_dropped() -> None:
    far = 10 * INPUT_FACTOR + EDGE_CHARACTERS
    assert redacted_line("a" + " " * (far - 41) + KEY, 10) == "a..."
    secret = f"AccountKey={KEY}\n"
    assert safe_tail(secret + " " * (far - 41) + "z", 10) == "z"
