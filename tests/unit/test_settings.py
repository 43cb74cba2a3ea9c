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
