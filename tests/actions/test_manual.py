from manual import PAGE, SETTINGS_PAGE, actions, manual, settings


def test_the_manual_says_what_the_examples_say():
    assert PAGE.read_text(encoding="utf-8") == manual(), "run: python tests/manual.py"


def test_the_manual_has_every_setting_as_it_is():
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == settings(), "run: python tests/manual.py"


def test_every_action_with_examples_says_what_it_does_and_why():
    for module in actions():
        doc = module.__doc__ or ""
        assert "What it does:" in doc, module.__name__
        assert "Why:" in doc, module.__name__
