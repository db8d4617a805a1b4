"""What leaves a log: no secrets, no control codes, not too much."""

import pytest

from rollout.adapters.redaction import REDACTED, one_line, redact, safe_tail

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
    ],
)
def test_secrets_are_replaced_and_the_rest_stays(text: str, secret: str) -> None:
    clean = redact(text)
    assert secret not in clean
    assert REDACTED in clean
    assert clean.split(REDACTED)[0] == text.split(secret, maxsplit=1)[0].removesuffix(
        "user:"
    ).removesuffix("eyJhbGciOiJI.")


@pytest.mark.parametrize(
    "text",
    [
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
    assert one_line(" a\n  b\tc ") == "a b c"
    assert one_line("x" * 20, 10) == "xxxxxxx..."
