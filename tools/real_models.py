"""Compare descriptions of models of other packages with Keras's own graph of them.

Run: ``python tools/real_models.py [WORD ...]``, with words only the models whose name has one of them. Prints a table:
calls, how many layers have an inside, whether the graph is that of Keras, and seconds and peak megabytes of describing
and of a plain build. Packages that are not installed are left out, and named. Linux only, as it measures memory there.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import io
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "reading"))
from graph_models import graph_of_description, graph_of_keras

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.reading import build_and_describe
from sphinxext_layered.reading.graph import functional_of

Build = Callable[[], Any]

WORDS = {"vocabulary_size": 100, "num_layers": 2, "num_heads": 2, "hidden_dim": 16, "intermediate_dim": 32}
GROUPED = {key: value for key, value in WORDS.items() if key != "num_heads"} | {
    "num_query_heads": 2,
    "num_key_value_heads": 1,
}
BACKBONES: dict[str, dict[str, Any]] = {
    "Albert": {**WORDS, "embedding_dim": 8},
    "Bart": WORDS,
    "Bert": WORDS,
    "Bloom": WORDS,
    "DebertaV3": {**WORDS, "bucket_size": 8},
    "DistilBert": WORDS,
    "Electra": {**WORDS, "vocab_size": 100, "embedding_dim": 8},
    "ESM": WORDS,
    "FNet": {key: value for key, value in WORDS.items() if key != "num_heads"},
    "Falcon": {**WORDS, "num_attention_heads": 2, "layer_norm_epsilon": 1e-5, "attention_dropout_rate": 0.0},
    "GPT2": WORDS,
    "GPTNeoX": WORDS,
    "Gemma": {**GROUPED, "head_dim": 8},
    "Gemma3": {**GROUPED, "head_dim": 8, "image_size": 32},
    "Llama": GROUPED,
    "Llama3": GROUPED,
    "Mistral": GROUPED,
    "Mixtral": {**GROUPED, "num_experts": 2, "top_k": 1},
    "OPT": WORDS,
    "Phi3": GROUPED,
    "Qwen": GROUPED,
    "Qwen3": {**GROUPED, "head_dim": 8},
    "Roberta": WORDS,
    "RoformerV2": {**WORDS, "max_wavelength": 100, "num_segments": 2, "head_size": 8},
    "T5": WORDS,
    "Whisper": {**WORDS, "max_encoder_sequence_length": 64, "max_decoder_sequence_length": 16},
    "XLMRoberta": WORDS,
    "XLNet": WORDS,
    "CSPNet": {
        "stem_filters": 8,
        "stem_kernel_size": 3,
        "stem_strides": 1,
        "stackwise_depth": [1, 2],
        "stackwise_strides": [1, 2],
        "block_type": "dark_block",
        "stackwise_num_filters": [8, 16],
        "image_shape": (32, 32, 3),
    },
    "DenseNet": {"stackwise_num_repeats": [2, 2], "compression_ratio": 0.5, "growth_rate": 8},
    "MiT": {
        "layerwise_hidden_dims": [8, 16],
        "layerwise_depths": [1, 1],
        "num_layers": 2,
        "layerwise_num_heads": [1, 2],
        "layerwise_sr_ratios": [2, 1],
        "layerwise_patch_sizes": [7, 3],
        "layerwise_strides": [4, 2],
        "max_drop_path_rate": 0.1,
        "image_shape": (32, 32, 3),
    },
    "ResNet": {
        "input_conv_filters": [64],
        "input_conv_kernel_sizes": [7],
        "stackwise_num_filters": [64, 64],
        "stackwise_num_blocks": [2, 2],
        "stackwise_num_strides": [1, 2],
        "block_type": "bottleneck_block",
        "image_shape": (32, 32, 3),
    },
    "SwinTransformer": {
        "image_shape": (64, 64, 3),
        "embed_dim": 16,
        "depths": (2, 2),
        "num_heads": (2, 2),
        "window_size": 4,
    },
    "VGG": {"stackwise_num_repeats": [2, 2], "stackwise_num_filters": [8, 16], "image_shape": (32, 32, 3)},
    "ViT": {
        "image_shape": (32, 32, 3),
        "patch_size": 8,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 16,
        "mlp_dim": 32,
    },
    "DeiT": {
        "image_shape": (32, 32, 3),
        "patch_size": 8,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 16,
        "intermediate_dim": 32,
    },
    "Xception": {
        "stackwise_conv_filters": [[8, 16], [16, 16]],
        "stackwise_pooling": [True, False],
        "image_shape": (64, 64, 3),
    },
}
TASKS = {
    "BertTextClassifier": ("Bert", {"num_classes": 2}),
    "BertMaskedLM": ("Bert", {}),
    "RobertaTextClassifier": ("Roberta", {"num_classes": 2}),
    "GPT2CausalLM": ("GPT2", {}),
    "LlamaCausalLM": ("Llama", {}),
    "GemmaCausalLM": ("Gemma", {}),
    "MistralCausalLM": ("Mistral", {}),
    "BartSeq2SeqLM": ("Bart", {}),
    "ResNetImageClassifier": ("ResNet", {"num_classes": 3}),
    "ViTImageClassifier": ("ViT", {"num_classes": 3}),
}
AEON = {
    "CNNNetwork": {},
    "TimeCNNNetwork": {},
    "FCNNetwork": {},
    "ResNetNetwork": {},
    "InceptionNetwork": {},
    "EncoderNetwork": {},
    "MLPNetwork": {},
    "LITENetwork": {},
    "DisjointCNNNetwork": {},
    "RecurrentNetwork": {},
    "DCNNNetwork": {},
}
IMAGE = {"input_size": (64, 64, 3), "filter_num": [8, 16, 32, 64], "n_labels": 2}
UNETS: dict[str, dict[str, Any]] = {
    "unet_2d": IMAGE,
    "unet_plus_2d": IMAGE,
    "r2_unet_2d": IMAGE,
    "att_unet_2d": IMAGE,
    "u2net_2d": {"input_size": (64, 64, 3), "n_labels": 2, "filter_num_down": [8, 16, 16], "filter_4f_num": [16, 16]},
    "unet_3plus_2d": {"input_size": (64, 64, 3), "filter_num_down": [8, 16, 32], "n_labels": 2},
}


def real_models() -> Iterator[tuple[str, Build]]:
    """Return the models of each package that is installed."""
    if hub := installed("keras_hub"):
        for name, config in BACKBONES.items():
            yield f"keras_hub {name}", lambda name=name, config=config: backbone(hub, name, config)
        for name, (base, config) in TASKS.items():
            yield (
                f"keras_hub {name}",
                lambda name=name, base=base, config=config: getattr(hub.models, name)(
                    backbone(hub, base, BACKBONES[base]), **config
                ),
            )
    if aeon := installed("aeon.networks"):
        for name, given in AEON.items():
            if hasattr(aeon, name):
                yield f"aeon {name}", lambda name=name, given=given: network(getattr(aeon, name)(**given))
    if unets := installed("keras_unet_collection.models"):
        for name, config in UNETS.items():
            yield f"unet {name}", lambda name=name, config=config: quietly(getattr(unets, name), config)


def installed(name: str) -> Any:
    """Return a module; None, saying so, where it cannot be imported."""
    try:
        return importlib.import_module(name)
    except Exception as error:
        print(f"left out: {name} ({type(error).__name__}: {error})")
        return None


def backbone(hub: Any, name: str, config: dict[str, Any]) -> Any:
    """Build a small backbone of keras-hub, with those of the arguments that it takes."""
    kind = getattr(hub.models, f"{name}Backbone")
    known = inspect.signature(kind.__init__).parameters
    return kind(**{key: value for key, value in config.items() if key in known})


def network(maker: Any) -> Any:
    """Build one of aeon's networks for a series of two channels."""
    return keras.Model(*maker.build_network((64, 2)))


def quietly(build: Build, config: dict[str, Any]) -> Any:
    """Build a model of keras-unet-collection, which prints what it does."""
    with contextlib.redirect_stdout(io.StringIO()):
        return build(**config)


def peak_of(call: Callable[[], Any]) -> tuple[Any, float, float]:
    """Call a function; return what it gives, its seconds, and by how many megabytes the process grew meanwhile."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before, start = resident("VmRSS"), time.perf_counter()
    result = call()
    return result, time.perf_counter() - start, max(resident("VmHWM") - before, 0) / 1024


def resident(what: str) -> int:
    """Return a size of this process in kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


def insides(description: ModelDescription) -> tuple[int, int]:
    """Count the layers that have an inside, at any depth, and those whose inside is not complete."""
    nested = [layer.nested for layer in description.layers if layer.nested is not None]
    found = [insides(inside) for inside in nested]
    incomplete = sum(inside.incomplete is not None for inside in nested)
    return len(nested) + sum(each[0] for each in found), incomplete + sum(each[1] for each in found)


def row(name: str, build: Build) -> tuple[bool, bool]:
    """Print a model's row; return whether its graph is Keras's, and whether it was built without weights."""
    graphs: list[Any] = []

    def noted() -> Any:
        model = build()
        graphs.append(graph_of_keras(model) if functional_of(model) else None)
        return model

    description, seconds, size = peak_of(lambda: build_and_describe(noted))
    _, plain_seconds, plain_size = peak_of(build)
    keras.utils.clear_session()
    same = graph_of_description(description) == graphs[-1]
    count, incomplete = insides(description)
    print(
        f"{name:34} {len(description.calls):5} calls {count:4} insides {incomplete:3} incomplete   "
        f"{'same' if same else 'OTHER':6} {'' if len(graphs) == 1 else 'with weights':12} "
        f"{seconds:6.2f} s {size:6.0f} MB   plain {plain_seconds:6.2f} s {plain_size:6.0f} MB",
        flush=True,
    )
    return same, len(graphs) == 1


def main(words: list[str]) -> int:
    """Print the table; fail where a graph is another than Keras's."""
    warnings.simplefilter("ignore")
    found = []
    for name, build in real_models():
        if words and not any(word in name for word in words):
            continue
        try:
            found.append(row(name, build))
        except Exception as error:
            print(
                f"{name:34} not built: {type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
            )
    same = sum(each[0] for each in found)
    print(f"{same} of {len(found)} have Keras's graph; {sum(not each[1] for each in found)} were built with weights")
    return 0 if same == len(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
