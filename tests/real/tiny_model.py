"""A language model with made-up weights, small enough to be written in an instant.

The format is GGUF, version 3, as its specification has it; the architecture is that of Llama, with a
vocabulary of bytes. What it says is noise, but a real server serves it like any other.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGNMENT = 32
_STRING, _ARRAY = 8, 9
_WIDTH, _LAYERS, _HEADS, _INNER, _CONTEXT = 64, 2, 4, 128, 2048
_CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_FILL_IN = {"pre": "<|fim_prefix|>", "suf": "<|fim_suffix|>", "mid": "<|fim_middle|>"}
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{m['role']}}\n{{m['content']}}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)


def write_tiny_model(path: Path, *, fills_in: bool = False) -> None:
    """With `fills_in` it has control tokens for filling in the middle."""
    control = (*_CONTROL, *(_FILL_IN.values() if fills_in else ()))
    tokens = [*(_visible(byte) for byte in range(256)), *control]
    kinds = [1] * 256 + [3] * len(control)
    end = tokens.index("<|im_end|>")
    facts: dict[str, Any] = {
        "general.architecture": "llama",
        "general.name": "noise",
        "llama.context_length": _CONTEXT,
        "llama.embedding_length": _WIDTH,
        "llama.block_count": _LAYERS,
        "llama.feed_forward_length": _INNER,
        "llama.attention.head_count": _HEADS,
        "llama.attention.head_count_kv": _HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": _WIDTH // _HEADS,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": [f"{_visible(100)} {_visible(101)}"],
        "tokenizer.ggml.eos_token_id": end,
        "tokenizer.ggml.bos_token_id": end,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": _TEMPLATE,
    }
    if fills_in:
        facts |= {
            f"tokenizer.ggml.fim_{part}_token_id": tokens.index(name)
            for part, name in _FILL_IN.items()
        }
    path.write_bytes(_gguf(facts, _weights(len(tokens))))


def _weights(vocabulary: int) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(0)

    def noise(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) * 0.1).astype(np.float32)

    ones = np.ones(_WIDTH, np.float32)
    weights = {
        "token_embd.weight": noise(vocabulary, _WIDTH),
        "output_norm.weight": ones,
        "output.weight": noise(vocabulary, _WIDTH),
    }
    for layer in range(_LAYERS):
        name = f"blk.{layer}."
        weights |= {f"{name}attn_norm.weight": ones, f"{name}ffn_norm.weight": ones}
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights[f"{name}{part}.weight"] = noise(_WIDTH, _WIDTH)
        weights[f"{name}ffn_gate.weight"] = noise(_INNER, _WIDTH)
        weights[f"{name}ffn_up.weight"] = noise(_INNER, _WIDTH)
        weights[f"{name}ffn_down.weight"] = noise(_WIDTH, _INNER)
    return weights


def _gguf(facts: Mapping[str, Any], weights: Mapping[str, NDArray[np.float32]]) -> bytes:
    head = [b"GGUF", struct.pack("<IQQ", 3, len(weights), len(facts))]
    head += [_string(name) + _typed(value) for name, value in facts.items()]
    data: list[bytes] = []
    offset = 0
    for name, array in weights.items():
        sizes = array.shape[::-1]
        head.append(_string(name) + struct.pack(f"<I{len(sizes)}Q", len(sizes), *sizes))
        head.append(struct.pack("<IQ", 0, offset))
        data.append(_padded(array.tobytes()))
        offset += len(data[-1])
    return _padded(b"".join(head)) + b"".join(data)


def _typed(value: Any) -> bytes:
    if isinstance(value, list):
        kind = _STRING if isinstance(value[0], str) else 5
        items = [_string(v) if kind == _STRING else struct.pack("<i", v) for v in value]
        return struct.pack("<IIQ", _ARRAY, kind, len(value)) + b"".join(items)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    return (
        struct.pack("<If", 6, value) if isinstance(value, float) else struct.pack("<II", 4, value)
    )


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)


def _visible(byte: int) -> str:
    """The character that stands for a byte in such vocabularies: itself where it can be seen."""
    if 33 <= byte <= 126 or 161 <= byte <= 172 or 174 <= byte <= 255:
        return chr(byte)
    unseen = [b for b in range(256) if not (33 <= b <= 126 or 161 <= b <= 172 or 174 <= b <= 255)]
    return chr(256 + unseen.index(byte))
