import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.adapters.endpoint.secret_filter import SecretFilter, known_secrets

# Put together here so that no scanner of this repository takes them for real.
SECRETS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "x9" * 20,
    "glpat-" + "x9y8" * 5,
    "sk-" + "proj-abc123DEF456ghi789",
    "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "xoxb-" + "123456789012-abcdefABCDEF",
    "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "npm_" + "a1B2c3D4" * 5,
    "hf_" + "a1B2c3D4" * 4,
    "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "abc-DEF_123",
    "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:8])
@pytest.mark.parametrize("around", ["x = '{}'", "# {} is it", "{}", '{{"a": "{}"}}'])
def test_a_credential_of_a_known_format_is_taken_out(secret: str, around: str):
    own = SecretFilter()
    text = around.format(secret)
    assert secret not in own.redacted(text)
    assert own.restored(own.redacted(text)) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('PASSWORD = "correct-horse"', "correct-horse"),
        ("db_password: 'hunter2'", "hunter2"),
        ('{"client_secret": "abcdefgh"}', "abcdefgh"),
        ('API_KEY: str = "Zx81kk20qPwm"', "Zx81kk20qPwm"),
        ('os.environ["AUTH_TOKEN"] = "q8Zk20xPwm41"', "q8Zk20xPwm41"),
        ("token=q8Zk20xPwm41LLq9", "q8Zk20xPwm41LLq9"),
        ("postgres://admin:swordfish@db/x", "swordfish"),
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
    ],
)
def test_what_is_called_a_secret_is_taken_out(text: str, secret: str):
    assert secret not in SecretFilter().redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "def next_token(self):\n    return self.tokens[self.position]\n",
        'if token == "while":\n    key = "identifier"\n',
        "password = input()\n",
        "secret_number = 7\n",
        "api_key = get_key(config)\n",
        "key = sorted(pairs, key=lambda pair: pair[1])\n",
        "url = 'https://example.com/a:b@c'\n",
        "    assert token_count(text) == 12345678901234567890\n",
    ],
)
def test_a_program_that_only_speaks_of_keys_stays_as_it_is(text: str):
    assert SecretFilter().redacted(text) == text


def test_a_secret_has_one_placeholder_for_good():
    own = SecretFilter(["a-known-secret"])
    first = own.redacted("x a-known-secret")
    own.redacted(f"y {SECRETS[0]}")
    assert own.redacted("x a-known-secret") == first


def test_a_placeholder_that_was_never_given_stays():
    assert SecretFilter().restored("REDACTED_SECRET_0 REDACTED_SECRET_1") == (
        "REDACTED_SECRET_0 REDACTED_SECRET_1"
    )


def test_variables_with_telling_names_hold_secrets():
    environment = {"PATH": "/bin", "MY_TOKEN": "a", "DB_PASSWORD": "b", "HOME": "/x"}
    assert known_secrets(environment) == ("a", "b")


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=20), max_size=3))
def test_no_text_breaks_it_and_every_text_comes_back(text: str, known: list[str]):
    own = SecretFilter(known)
    redacted = own.redacted(text)
    assert all(secret not in redacted for secret in known if len(secret) >= 8)
    if "REDACTED_SECRET_" not in text:
        assert own.restored(redacted) == text


@pytest.mark.parametrize(
    "piece",
    ["a", "token", "token=", "secret-", "-----BEGIN PRIVATE KEY", "://", "a:", "eyJ", "sk-"],
)
def test_no_repetition_makes_it_slow(piece: str):
    """Text that a slow pattern would go through for each of its characters ends within the limit."""
    SecretFilter().redacted(piece * 40_000)
