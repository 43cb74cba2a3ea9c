"""Control tokens for filling in the middle, by family of models.

A template that a model was not trained with gives plausible nonsense and no error. So a family is
chosen by the model's name alone, and what was chosen is checked against the server's own count of
tokens (`controls`) wherever it gives one. Sources: the model cards of each family.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """`template` holds `{prefix}` and `{suffix}`; `controls` is how many control tokens it has.

    `ends` are texts that some servers let through where the model has said that it is done.
    """

    name: str
    models: str
    template: str
    controls: int
    ends: tuple[str, ...]

    def prompt(self, prefix: str, suffix: str) -> str:
        before, _, rest = self.template.partition("{")
        first, _, rest = rest.partition("}")
        between, _, rest = rest.partition("{")
        second, _, after = rest.partition("}")
        given = {"prefix": prefix, "suffix": suffix}
        return f"{before}{given[first]}{between}{given[second]}{after}"


_BARRED = "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
_PLAIN = "<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>"
_TEXT_END = "<|endoftext|>"

FAMILIES = (
    Family(
        "Qwen Coder",
        r"qwen[\d.]*[-_ ]?coder|codeqwen",
        _BARRED,
        3,
        (_TEXT_END, "<|fim_pad|>", "<|file_sep|>", "<|repo_name|>", "<|im_end|>"),
    ),
    Family("CodeGemma", r"codegemma", _BARRED, 3, ("<|file_separator|>", "<end_of_turn>")),
    Family("Granite 4", r"granite-?4", _BARRED, 3, ("<|end_of_text|>", "<|fim_pad|>")),
    Family(
        "StarCoder",
        r"star-?coder|stable-?code|granite",
        _PLAIN,
        3,
        (_TEXT_END, "<file_sep>", "<fim_pad>", "<|end_of_text|>"),
    ),
    Family(
        "DeepSeek Coder",
        r"deepseek-?coder",
        "<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",
        3,
        ("<｜end▁of▁sentence｜>", "<|EOT|>"),
    ),
    Family(
        "Code Llama", r"code-?llama", "<PRE> {prefix} <SUF>{suffix} <MID>", 3, (" <EOT>", "<EOT>")
    ),
    Family("Codestral", r"codestral|devstral", "[SUFFIX]{suffix}[PREFIX]{prefix}", 2, ("</s>",)),
)


def family_of(model: str) -> Family | None:
    """The family that a model's name says, `None` if it says none."""
    return next((f for f in FAMILIES if re.search(f.models, model, re.IGNORECASE)), None)
