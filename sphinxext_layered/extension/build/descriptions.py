"""Where descriptions come from: a description file, the project's committed files, the cache, the child process."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, NamedTuple

from sphinx.util import logging

from ... import committed
from ...cache import digest_of
from ...committed import Committed
from ...description import ModelDescription
from ...errors import DescriptionError, LayeredViewError, OptionError
from ...freshness import Sources
from ...options import LayeredViewOptions, with_options
from ...worker import Described, Failure, ModelRequest, WorkerSettings
from ...worker.dependencies import MadeFrom
from ..page.wording import spelt_on_page, with_names_of_page
from ..places import descriptions_folder, search_path
from .plan import model_key

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from ...worker.ahead import Ahead
    from .store import Store

logger = logging.getLogger(__name__)


class Found(NamedTuple):
    """A description at hand.

    Attributes
    ----------
    digest : str
    description : ModelDescription or None
        None while it is in the cache, or not read from `json` yet.
    stale : tuple of str
        What differs from what it was made from.
    json : str
        The description as a committed file has it.
    is_file : bool
        Whether the page names a file of the description itself, which takes no ``input-shape``.
    """

    digest: str
    description: ModelDescription | None = None
    stale: tuple[str, ...] = ()
    json: str = ""
    is_file: bool = False


class Descriptions:
    """Finds and makes descriptions, for one build.

    Attributes
    ----------
    not_committed : str
        Why a committed description could not be written, empty where all could.
    without_framework : int
        How many models could not be described because Keras is missing, and had a committed description.
    """

    def __init__(self, app: Sphinx, root: Path, store: Store, fingerprint: str) -> None:
        self._app = app
        self._root = root
        self._store = store
        self._fingerprint = fingerprint
        self._folder = descriptions_folder(app)
        self.mode = str(app.config.layered_view_mode)
        self.not_committed = ""
        self.without_framework = 0
        self._waiting: dict[ModelRequest, None] = {}
        self._damaged: set[str] = set()  # digests of committed descriptions that cannot be read

    # -- finding -------------------------------------------------------------------------------------

    def find(self, model: ModelRequest, options: LayeredViewOptions) -> Found | Failure | None:
        """Return a model's description or why it has none; None where it is to be made."""
        refused = self._refused(model)
        if refused is not None:
            return refused
        if model.file and model.file.endswith(".json"):
            described = self._in_file(model.file, options)
            if described is not None:
                return described
        if self.mode == "refresh":
            return None
        stale: list[Found | Failure] = []
        problems: list[Found | Failure] = []
        for found in self._candidates(model):
            if isinstance(found, Failure):
                problems.append(found)
            elif not found.stale:
                return found
            else:
                stale.append(found)
        if self.mode != "cached":
            return None
        missing = Failure(subtype="missing", problem=self._missing(model))
        return (*stale, *problems, missing)[0]

    def _candidates(self, model: ModelRequest) -> Iterator[Found | Failure]:
        """Return what is known of a model, what is committed first."""
        if self._folder is not None and (found := self._committed(model)) is not None:
            yield found
        yield from self._cached(model)

    def _committed(self, model: ModelRequest) -> Found | Failure | None:
        path = self._committed_path(model)
        try:
            found = committed.read(path)
            if found is None:
                return None
            digest = digest_of(found.json)
            if digest in self._damaged:
                found.description()  # raises, which says what is the matter
        except DescriptionError as error:
            return Failure(subtype="description", problem=f"{self._spelt(path)}: {error}; restore it, or delete it")
        return Found(digest, None, found.differing(self._sources, self._fingerprint), found.json)

    def _cached(self, model: ModelRequest) -> Iterator[Found]:
        for state in self._store.states(model_key(model, self._fingerprint)):
            try:
                made_from = MadeFrom.as_written(state.made_from)
                stale = self._sources.differing(made_from)
            except (LookupError, TypeError, ValueError, AttributeError):
                continue
            if not self._store.has_description(state.description):
                continue
            description = None
            if not stale and self._folder is not None and self.mode != "cached":
                description = self._store.description(state.description)
                if description is None:
                    continue
                self._commit(model, description, made_from)
            yield Found(state.description, description, stale)

    def description(self, found: Found) -> ModelDescription | None:
        """Return the description that was found; None where it is damaged, which the next look-up skips or reports."""
        if found.description is not None:
            return found.description
        if not found.json:
            return self._store.description(found.digest)
        try:
            return ModelDescription.from_json(found.json)
        except DescriptionError:
            self._damaged.add(found.digest)
            return None

    def _in_file(self, file: str, options: LayeredViewOptions) -> Found | Failure | None:
        """Read a file that is itself a description, None where it is not."""
        try:
            description = ModelDescription.from_file_content((self._root / file).read_bytes())
            if description is None:
                return None
            with_options(description, options)
        except OSError:
            return None
        except DescriptionError as error:
            return Failure(subtype="description", problem=f"{file}: {error}")
        except OptionError as error:
            return Failure(subtype="option", problem=spelt_on_page(error))
        return Found(digest_of(description.to_json()), description, is_file=True)

    def _refused(self, model: ModelRequest) -> Failure | None:
        """Refuse a name outside ``layered_view_modules`` also where its description is at hand."""
        allowed = self._app.config.layered_view_modules
        if allowed is None:
            return None
        for reference in filter(None, (model.target, model.text_reference)):
            module = reference.partition("(")[0].partition(":")[0]
            if not any(f"{module}.".startswith(f"{name}.") for name in allowed):
                known = ", ".join(allowed) or "none"
                message = f"{module!r} is not among the modules that layered_view_modules allows: {known}"
                return Failure(subtype="target", problem=message)
        return None

    def _missing(self, model: ModelRequest) -> str:
        place = self._spelt(self._committed_path(model)) if self._folder else "the cache"
        return (
            f"there is no description of {model.target or model.file} in {place}, and layered_view_mode is 'cached': "
            "build where the model can be built, with layered_view_mode = 'auto'"
            + (
                ", and commit the file"
                if self._folder
                else ", or set layered_view_descriptions_dir and commit its files"
            )
        )

    # -- making --------------------------------------------------------------------------------------

    def ask(self, model: ModelRequest) -> None:
        """Have a model described by the one child, if that was not asked before."""
        if model in self._waiting:
            return
        self._waiting[model] = None
        self._child.ask(model)

    def is_asked(self, model: ModelRequest) -> bool:
        """Whether a model is being described already."""
        return model in self._waiting

    def end(self) -> None:
        """Leave models undescribed."""
        if "_child" in vars(self):
            self._child.end()

    def made(self) -> Generator[tuple[ModelRequest, Found | Failure]]:
        """Return each model that was asked for as it is ready."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            with closing(self._child.answers()) as answers:  # type: ignore[type-var]
                for answer in answers:
                    if answer.request in waiting:
                        del waiting[answer.request]
                        yield answer.request, self._result(answer.request, answer)
        except LayeredViewError as error:
            for model in waiting:
                yield model, Failure(subtype=error.subtype, problem=str(error))
            return
        for model in waiting:
            message = "the child process did not answer; build again, and check layered_view_python if it happens again"
            yield model, Failure(subtype="worker", problem=message)

    def _result(self, model: ModelRequest, answer: Described | Failure) -> Found | Failure:
        """Return the result for a model: what is committed if Keras is missing to describe it again."""
        if isinstance(answer, Described):
            return self._keep(answer)
        if answer.subtype == "framework" and self._folder is not None:
            found = self._committed(model)
            if isinstance(found, Found):
                description = self.description(found)
                found = found._replace(description=description) if description else self._committed(model)
            self.without_framework += isinstance(found, Found)
            if found is not None:
                return found
        if answer.subtype == "option":
            return answer._replace(problem=with_names_of_page(f"option {answer.problem}"))
        return answer

    def _keep(self, answer: Described) -> Found:
        if answer.allocated:
            logger.verbose("layered-view: weights of %s were allocated: %s", answer.request.reference, answer.allocated)
        made_from = self._sources.with_code(answer.made_from)
        key = model_key(answer.request, self._fingerprint)
        try:
            digest = self._store.keep_description(key, made_from.document(), answer.description)
        except OSError:
            digest = digest_of(answer.description.to_json())
        if self._folder is not None:
            self._commit(answer.request, answer.description, made_from)
        return Found(digest, answer.description)

    def _commit(self, model: ModelRequest, description: ModelDescription, made_from: MadeFrom) -> None:
        content = Committed(description.to_json(), made_from, self._fingerprint, model.reference)
        try:
            committed.write(self._committed_path(model), content)
        except OSError as error:
            self.not_committed = self.not_committed or str(error)

    def _committed_path(self, model: ModelRequest) -> Path:
        return Path(self._folder or "", committed.file_name(model))

    def _spelt(self, path: Path) -> str:
        return f"{self._app.config.layered_view_descriptions_dir}/{path.name}"

    # -- what they are made with -----------------------------------------------------------------------

    @cached_property
    def _sources(self) -> Sources:
        config = self._app.config
        return Sources(
            self._root,
            sys_path=search_path(self._app.confdir),
            python=self._python,
            environment=config.layered_view_environment,
            can_describe=self.mode != "cached",
        )

    @cached_property
    def _python(self) -> str:
        """The interpreter that builds the models."""
        told = self._app.config.layered_view_python
        if not told:
            return sys.executable
        path = Path(self._app.confdir, told)
        # Not resolved: a virtual environment's interpreter is a link, and is known by where the link lies.
        return str(path.absolute()) if path.exists() else which(told) or told

    @cached_property
    def _child(self) -> Ahead:
        """The child process, which is started when it is first asked."""
        from ...worker.ahead import Ahead  # which most builds do without

        config = self._app.config
        settings = WorkerSettings(
            python=self._python,
            environment=dict(config.layered_view_environment),
            sys_path=tuple(search_path(self._app.confdir)),
            directory=os.getcwd(),
            root=str(self._root),
            timeout=config.layered_view_timeout,
            memory_limit=config.layered_view_memory_limit,
            modules=config.layered_view_modules,
            gpu=config.layered_view_gpu,
        )
        return Ahead(settings)
