"""Builds a model without allocating its weights, and describes it.

Inside a stateless scope Keras knows every shape and gives no variable a value. What only serves to give
values (compiling, loading and downloading weights) does nothing there. A builder that needs values fails
in it, whatever the reason, and is run once more as it is meant to be: only that run's exception counts.
Before, between and after, Keras's session is cleared, so that names that it makes up (``conv2d_7``) do
not depend on what this process built before.
"""

from __future__ import annotations

import contextlib
import inspect
import random
import sys
from collections.abc import Callable, Iterator
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType
from typing import Any

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.errors import ModelError

from .facts import is_layer_class
from .keras import TextCallable, describe, is_keras, layers_of
from .tracing import reason_of

Build = Callable[[], object]

_FRAMEWORKS = ("keras", "tf_keras")
_WEIGHT_FILES = (".h5", ".hdf5", ".keras", ".ckpt", ".npz", ".npy", ".pth", ".pt", ".safetensors", ".index")
_SETTINGS = ("image_data_format", "floatx", "epsilon", "dtype_policy")


def build_and_describe(
    build: Build,
    *,
    input_shape: object = None,
    text_callable: TextCallable | None = None,
    allocated: Callable[[str], object] | None = None,
) -> ModelDescription:
    """Build a model and describe it, without its weights where that can be.

    Keras is not imported by this: where `build` or its module does not import it either, the model is
    described by its own attributes.

    Parameters
    ----------
    build : callable
        Gives the model when called without arguments. It is called a second time if its first call,
        without weights, fails.
    input_shape, text_callable
        As in `describe`.
    allocated : callable, optional
        Called with the reason, in one line, where the weights were allocated after all.

    Returns
    -------
    ModelDescription
        The same with and without weights.

    Raises
    ------
    ModelError
        What `build` gives is not a model, or its shapes are not known.
    Exception
        Whatever `build` or `text_callable` raise when the model is built with its weights.
    """

    def described(failed: str = "") -> ModelDescription:
        model = model_from(build())
        description = describe(model, input_shape=input_shape, text_callable=text_callable)
        reason = _why_allocated(model, failed)
        if reason and allocated is not None:
            allocated(reason)
        return description

    failed = ""
    with _settings_kept() as take:
        try:
            with _settings_kept(), _without_weights(take):
                return described()
        except Exception as error:  # it may need values: the next run tells
            failed = _said(error)
        finally:
            _clear_session()
        try:
            return described(failed)
        finally:
            _clear_session()


def _said(error: Exception) -> str:
    """Return what an exception says in one line; one of the user's may fail at that, too."""
    try:
        return f"{type(error).__name__}: {reason_of(error)}"
    except Exception:
        return type(error).__name__


def _why_allocated(model: object, failed: str) -> str:
    """Return why a model has weights, in one line; the empty text where it has none or is not Keras's."""
    if not is_keras(model):
        return ""
    if failed:
        return f"it cannot be built without them: {failed}"
    try:
        has_values = any(getattr(weight, "_value", weight) is not None for weight in model.weights)  # type: ignore[attr-defined]
    except Exception:  # a property of the user's may raise anything
        return ""
    if not has_values:
        return ""
    if any(base.__module__.startswith("tf_keras.") for base in type(model).__mro__):
        return "tf_keras cannot build models without them"
    return "it was built before it was asked for, as when a module makes it while it is imported"


def model_from(value: object) -> object:
    """Return the model that a builder returned, making it where the builder returned a class of models.

    Raises
    ------
    ModelError
        It is something else.
    """
    if isinstance(value, type) and (hasattr(value, "layers") or is_layer_class(value)):
        needed = _needed_arguments(value)
        if needed:
            raise ModelError(
                f"the class {value.__name__} cannot be instantiated without {', '.join(needed)}: write the "
                "arguments, or name a function that returns the model"
            )
        value = value()
    if layers_of(value) is None and not is_keras(value):
        raise ModelError(_wrong_value(value))
    return value


def _needed_arguments(kind: Any) -> list[str]:
    try:
        parameters = inspect.signature(kind.__init__).parameters.values()
    except (TypeError, ValueError):
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in optional][1:]


def _wrong_value(value: object) -> str:
    expected = "a Keras model, or an object with layers that have shapes, is expected"
    if value is None:
        return f"None was returned, but {expected}: is a return statement missing?"
    if isinstance(value, tuple | list):
        kinds = ", ".join(type(item).__name__ for item in value[:5])
        return f"a {type(value).__name__} was returned ({kinds}), but {expected}: return the model alone"
    if inspect.iscoroutine(value):
        value.close()
        return f"a coroutine was returned, but {expected}: build the model in an ordinary function"
    if inspect.isfunction(value) or inspect.ismethod(value):
        return f"a function was returned ({value.__name__}), but {expected}: return its result"
    if isinstance(value, type):
        return f"the class {value.__name__} was returned, but {expected}: return an object of it"
    if isinstance(value, ModuleType):
        return f"a module was returned ({value.__name__}), but {expected}: name a function of it"
    return f"{type(value).__name__} was returned ({value!r:.80}), but {expected}"


@contextlib.contextmanager
def _without_weights(arrived: Callable[[], None]) -> Iterator[None]:
    """Build without values in here, from the moment that Keras is there on, which `arrived` is told."""
    with contextlib.ExitStack() as undo:

        def begin(name: str) -> None:
            framework = sys.modules[name]
            arrived()
            _clear_session(name)  # not the other's: that would end its stateless scope
            if hasattr(framework, "StatelessScope"):
                scope = framework.StatelessScope(initialize_variables=False)
                undo.enter_context(scope)
                undo.enter_context(_values_deferred(framework, scope))
                undo.enter_context(_replaced(framework.Model, "compile", _nothing))
            elif name != "tf_keras":
                return
            undo.enter_context(_replaced(framework.Model, "load_weights", _nothing))
            undo.enter_context(_no_downloads(framework))

        waiting = tuple(name for name in _FRAMEWORKS if not _is_imported(name))
        for name in _FRAMEWORKS:
            if name not in waiting:
                begin(name)
        undo.enter_context(_when_imported(waiting, begin))
        yield


def _is_imported(name: str) -> bool:
    return hasattr(sys.modules.get(name), "Model")


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing, instead of what only serves a model's values."""


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Set an attribute, and set it back, or remove it where it was inherited."""
    own = vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own is None:
            delattr(owner, name)
        else:
            setattr(owner, name, own)


@contextlib.contextmanager
def _values_deferred(framework: Any, scope: Any) -> Iterator[None]:
    """Let variables be made of values in the scope, such as an optimizer's count of steps or an RNN's states.

    By itself Keras refuses that and takes nothing but initializers: so a value is taken for its own initializer.
    Within scopes that Keras opens for calls of layers this is refused as it always is.
    """
    make = framework.Variable.__init__
    scopes = sys.modules[framework.StatelessScope.__module__]

    def init(self: Any, initializer: Any, shape: Any = None, dtype: Any = None, *args: Any, **kwargs: Any) -> None:
        if scopes.get_stateless_scope() is None:  # the builder cleared Keras's session
            scope.state_mapping.clear()
            scope.__enter__()
        if scopes.get_stateless_scope() is scope and not (callable(initializer) or isinstance(initializer, str)):
            if not isinstance(initializer, framework.Variable):
                initializer = self._convert_to_tensor(initializer, dtype=dtype)
            shape, dtype = tuple(initializer.shape), dtype or initializer.dtype
            initializer = _Value(initializer)
        make(self, initializer, shape, dtype, *args, **kwargs)

    with contextlib.ExitStack() as undo:
        undo.enter_context(_replaced(framework.Variable, "__init__", init))
        optimizer = framework.optimizers.Optimizer
        for name in ("add_variable_from_reference", "_var_key"):  # TensorFlow's own look at a variable's value
            for plain in [vars(base)[name] for base in optimizer.__mro__ if name in vars(base)][-1:]:
                undo.enter_context(_replaced(optimizer, name, plain))
        yield


class _Value:
    """An initializer that gives a value at hand, or that of another variable."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return getattr(self.value, "value", self.value)


@contextlib.contextmanager
def _no_downloads(framework: Any) -> Iterator[None]:
    """Let files of weights be named, but not fetched."""
    with contextlib.ExitStack() as undo:
        original = framework.utils.get_file
        home = sys.modules[original.__module__]

        def get_file(fname: Any = None, origin: Any = None, *args: Any, **kwargs: Any) -> Any:
            name = str(fname or origin or "").partition("?")[0]
            if name.endswith(_WEIGHT_FILES):
                return name.rpartition("/")[2]
            return original(fname, origin, *args, **kwargs)

        for owner in (framework.utils, home, sys.modules.get(home.__name__.rpartition(".")[0])):
            if owner is not None and getattr(owner, "get_file", None) is original:
                undo.enter_context(_replaced(owner, "get_file", get_file))
        fetch = getattr(home, "urlretrieve", None)
        if fetch is not None:  # for a get_file that the user's module imported by its name

            def urlretrieve(url: str, *args: Any, **kwargs: Any) -> Any:
                return None if url.partition("?")[0].endswith(_WEIGHT_FILES) else fetch(url, *args, **kwargs)

            undo.enter_context(_replaced(home, "urlretrieve", urlretrieve))
        yield


@contextlib.contextmanager
def _when_imported(names: tuple[str, ...], begin: Callable[[str], None]) -> Iterator[None]:
    """Call `begin` as soon as one of the modules has been imported, before the importer goes on."""
    finder = _Watcher(names, begin)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Watcher(MetaPathFinder):
    def __init__(self, names: tuple[str, ...], begin: Callable[[str], None]) -> None:
        self.names = set(names)
        self.begin = begin

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find one of the modules as the other finders do; a look-up need not lead to its import."""
        if name not in self.names:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None and finder is not self else None
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _AnnouncingLoader(spec.loader, self.loaded)
                return spec
        return None

    def loaded(self, name: str) -> None:
        if name in self.names:
            self.names.discard(name)
            self.begin(name)


class _AnnouncingLoader(Loader):
    """Loads a module with its own loader, and then reports it."""

    def __init__(self, loader: Any, loaded: Callable[[str], None]) -> None:
        self.loader = loader
        self.loaded = loaded

    def create_module(self, spec: Any) -> Any:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        self.loaded(module.__name__)


def _clear_session(*names: str) -> None:
    """Forget names given and variables pending; the dtype policy, which that resets too, is kept."""
    keras, tf_keras = (sys.modules.get(name) if name in (names or _FRAMEWORKS) else None for name in _FRAMEWORKS)
    if keras is not None and _is_imported("keras"):
        policy = keras.config.dtype_policy()
        keras.utils.clear_session(free_memory=False)
        keras.config.set_dtype_policy(policy)
    if tf_keras is not None and _is_imported("tf_keras"):
        tf_keras.backend.clear_session()


@contextlib.contextmanager
def _settings_kept() -> Iterator[Callable[[], None]]:
    """Set Keras's settings and the random generators back in the end.

    Gives a function to call when Keras is imported in between: its settings of then are what it had.
    """
    numpy = sys.modules.get("numpy")
    state, numpy_state = random.getstate(), numpy.random.get_state() if numpy else None
    settings: dict[str, Any] = {}

    def take() -> None:
        if not settings and _is_imported("keras"):
            config = sys.modules["keras"].config
            settings.update({name: getattr(config, name)() for name in _SETTINGS})

    take()
    try:
        yield take
    finally:
        random.setstate(state)
        if numpy and numpy_state is not None:
            numpy.random.set_state(numpy_state)
        for name, value in settings.items():
            getattr(sys.modules["keras"].config, f"set_{name}")(value)
