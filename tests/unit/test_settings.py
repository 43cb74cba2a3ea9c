import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna_ls.settings import RULES, Problem, Settings, concerns_settings, read_settings

keys = st.one_of(
    st.text(max_size=8),
    st.sampled_from([part for rule in RULES for part in (rule.name, *rule.name.split("."))]),
    st.sampled_from(["lacuna", "lacuna.trust", "lacuna.holes"]),
)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@given(json, st.dictionaries(keys, json, max_size=4))
def test_no_json_breaks_it_and_what_comes_out_is_valid(user, repository):
    settings, problems = read_settings(user, repository)
    again, _ = read_settings(
        {rule.name: getattr(settings, rule.field) for rule in RULES if rule.editor}
    )
    assert all(
        getattr(again, rule.field) == getattr(settings, rule.field) for rule in RULES if rule.editor
    )
    assert all(problem.message for problem in problems)
    concerns_settings(user)


@pytest.mark.parametrize(
    "user",
    [
        {"lacuna": {"holes": {"epsilon": 0.2}}},
        {"lacuna": {"holes.epsilon": 0.2}},
        {"lacuna.holes.epsilon": 0.2},
        {"lacuna.holes": {"epsilon": 0.2}},
        {"holes": {"epsilon": 0.2}},
        {"holes.epsilon": 0.2},
    ],
)
def test_keys_may_be_nested_or_dotted_under_lacuna_or_bare(user):
    assert read_settings(user) == (Settings(holes_epsilon=0.2), ())


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("interpreter", 3),
        ("tests.arguments", "-x"),
        ("tests.arguments", [1]),
        ("trust", "always"),
        ("completion.enabled", True),
        ("holes.epsilon", 0),
        ("holes.epsilon", 1),
        ("holes.epsilon", float("nan")),
        ("holes.maxHoles", 9),
        ("holes.maxHoles", 2.5),
        ("holes.maxHoles", True),
        ("tests.onSave", "all"),
        ("actions.timeBudgetSeconds", 0),
        ("actions.timeBudgetSeconds", 601),
        ("actions.timeBudgetSeconds", "10"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed_and_the_rest_works(name, wrong):
    other = "interpreter" if name == "tests.onSave" else "tests.onSave"
    right = {"interpreter": "/py", "tests.onSave": "off"}[other]
    settings, (problem,) = read_settings({name: wrong, other: right})
    assert problem.name == name
    assert problem.message.startswith(f"{name} must be ")
    assert settings != Settings()


def test_an_unknown_name_is_reported():
    assert read_settings({"hole": 1}) == (
        Settings(),
        (Problem("hole", "hole is not a setting of Lacuna"),),
    )


@pytest.mark.parametrize("name", ["interpreter", "trust", "tests.arguments"])
def test_a_repository_never_decides_what_runs(name):
    value = {"interpreter": "evil", "trust": "never", "tests.arguments": ["-p", "evil"]}[name]
    settings, (problem,) = read_settings({}, {name: value})
    assert settings == Settings()
    assert "in the editor" in problem.message


def test_a_repository_sets_the_rest_with_underscores():
    table = {"tests": {"on_save": "off"}, "holes": {"max_holes": 2}, "ignore": ["secret/**"]}
    expected = Settings(tests_on_save="off", holes_max_holes=2, ignore=("secret/**",))
    assert read_settings(None, table) == (expected, ())


def test_the_editor_wins_over_the_repository_but_its_defaults_do_not():
    user = {"holes.epsilon": 0.3, "holes.maxHoles": 4}
    settings, _ = read_settings(user, {"holes": {"epsilon": 0.2, "max_holes": 2}})
    assert (settings.holes_epsilon, settings.holes_max_holes) == (0.3, 2)


def test_settings_of_others_do_not_concern_us():
    assert not concerns_settings({"python": {"trust": 1}})
    assert concerns_settings({"python": {}, "lacuna": {}})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://localhost:11434",
        "http://127.0.0.1:8080/v1",
        "http://[::1]:8080/v1",
        "https://models.example/v1",
    ],
)
def test_an_endpoint_is_on_this_machine_or_encrypted(url):
    assert read_settings({"model": {"endpoint": url}}) == (Settings(model_endpoint=url), ())


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example/v1",
        "http://192.168.1.7:11434",
        "http://localhost.models.example/v1",
        "http://127.0.0.1.models.example/v1",
        "http://127.0.0.1@models.example/v1",
        "https://user:secret@models.example/v1",
        "https://models.example/v1?key=secret",
        "https://models.example/v1#a",
        "https://",
        "https://models.example:99999/v1",
        "https://[::1",
        "https://mödels.example",
        "https://models.example/a b",
        "https://models.example\n",
        "ftp://localhost/v1",
        "file:///etc/passwd",
        "localhost:11434",
        7,
    ],
)
def test_any_other_endpoint_is_refused_without_repeating_it(url):
    settings, (problem,) = read_settings({"model.endpoint": url})
    assert settings == Settings()
    assert problem.message == (
        "model.endpoint must be an https URL, an http URL of this machine, or empty"
    )


@pytest.mark.parametrize(
    "pasted", ["sk-abc123DEF456", "ghp_a1B2c3D4", "AIzaSyA1234", "A KEY", "$KEY"]
)
def test_a_key_where_the_name_of_its_variable_belongs_is_refused_and_not_repeated(pasted):
    settings, (problem,) = read_settings({"model.apiKeyEnvironmentVariable": pasted})
    assert settings == Settings()
    assert pasted not in problem.message


@pytest.mark.parametrize(
    "table",
    [
        {"model": {"endpoint": "https://elsewhere.example"}},
        {"model": {"name": "theirs"}},
        {"model": {"chat_name": "theirs"}},
        {"model": {"api_key_environment_variable": "AWS_SECRET_ACCESS_KEY"}},
        {"model.endpoint": "https://elsewhere.example"},
    ],
)
def test_a_repository_names_no_model_no_endpoint_and_no_key(table):
    settings, (problem,) = read_settings({}, table)
    assert settings == Settings()
    assert "never in a repository" in problem.message


def test_what_the_user_says_of_a_model_stands_whatever_a_repository_says():
    user = {"model": {"endpoint": "http://localhost:1", "name": "ours"}}
    settings, _ = read_settings(user, {"model": {"endpoint": "http://localhost:2", "name": "x"}})
    assert settings == Settings(model_endpoint="http://localhost:1", model_name="ours")
