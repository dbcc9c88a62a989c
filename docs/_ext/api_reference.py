"""The directives ``public-names`` and ``type-names``: every public name of a module, and the types in its signatures.

A reference that contains the defining module of a class links to the public name: an annotation that Python shows as
``bxml.problem.Problem`` links to ``bxml.Problem``. Pages therefore do not depend
on the module that defines a class.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Final, get_origin

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import stringify_annotation

import bxml

MODULES: Final = (
    "bxml",
    "bxml.ssml",
    "bxml.strategies",
    "callcontrol",
    "callcontrol.events",
    "callcontrol.webhooks",
    "callcontrol.celery",
    "callcontrol.shared_rate",
    "callcontrol.emulator",
    "callcontrol.strategies",
)
"""The public modules."""

OWN: Final = ("bxml", "callcontrol")
"""References to these packages must resolve; references to other libraries are shown as text."""


ELEMENT: Final = bxml.Response.__mro__[2]
"""The base class of every element."""

_BUILT_IN: Final = "BaseException, dict, tuple, object, Mapping, Sequence, Protocol, deque, HTTPAdapter"
"""Classes whose methods are described in the documentation of Python or of the library requests."""

_NAME: Final = re.compile(r"[A-Za-z_]\w*")


def public_names(module_name: str) -> list[str]:
    """Return the public names of a module: its ``__all__``, or else its own names without a leading underscore."""
    module = import_module(module_name)
    listed = getattr(module, "__all__", None)
    return (
        sorted(listed)
        if listed is not None
        else [name for name, value in vars(module).items() if _is_defined_in(module_name, name, value)]
    )


def _is_defined_in(module_name: str, name: str, value: object) -> bool:
    is_documented = inspect.isclass(value) or inspect.isfunction(value)
    return is_documented and not name.startswith("_") and value.__module__ == module_name


class PublicNames(SphinxDirective):
    """A directive that documents public names of a module: all names, all names of one kind, or the listed names."""

    required_arguments = 1
    option_spec = {"kind": directives.unchanged, "only": str.split, "except": str.split}  # noqa: RUF012  as docutils declares it

    def run(self) -> list[nodes.Node]:
        """Return the documentation."""
        module_name = self.arguments[0]
        kind = self.options.get("kind")
        names = [name for name in public_names(module_name) if kind in {None, kind_of(module_name, name)}]
        names = [name for name in self.options.get("only", names) if name not in self.options.get("except", ())]
        lines = [_current(module_name), *(line for name in names for line in _directive(module_name, name))]
        return self.parse_text_to_nodes("\n".join(lines))


def kind_of(module_name: str, name: str) -> str:
    """Return the kind of a name: ``document``, ``element``, ``error``, ``class``, ``function``, ``module`` or ``data``."""
    value = getattr(import_module(module_name), name)
    if inspect.ismodule(value):
        return "module"
    if not inspect.isclass(value):
        return "function" if callable(value) and not hasattr(value, "__origin__") else "data"
    if issubclass(value, BaseException):
        return "error"
    if issubclass(value, bxml.Response | bxml.Bxml):
        return "document"
    return "element" if issubclass(value, ELEMENT) else "class"


def _directive(module_name: str, name: str) -> Iterator[str]:
    """Yield the lines of the autodoc directive for one name."""
    kind = kind_of(module_name, name)
    if kind == "module":
        return
    directive = {"function": "autofunction", "data": "autodata", "error": "autoexception"}.get(kind, "autoclass")
    yield f".. {directive}:: {module_name}.{name}"
    if kind == "document":
        yield "   :members: " + ", ".join(_described_here(bxml.Response))
    elif kind == "error":
        yield "   :members:"
    elif kind == "class":
        yield "   :members:"
        yield f"   :inherited-members: {_BUILT_IN}"
    yield ""


def _described_here(document: type) -> list[str]:
    """Return the methods of a document, except methods that append one verb, which the entry of the verb describes."""
    verbs = {name for name in public_names("bxml") if inspect.isclass(getattr(bxml, name))}
    fluent = {"".join("_" + c.lower() if c.isupper() else c for c in verb).strip("_") for verb in verbs}
    found = inspect.getmembers(document, callable)
    return [name for name, _ in found if not name.startswith("_") and name not in fluent]


@cache
def public_targets() -> dict[str, str]:
    """Map the full name of each public class and function, with its defining module, to its public name."""
    targets: dict[str, str] = {}
    for module_name in MODULES:
        module = import_module(module_name)
        for name in public_names(module_name):
            value: Any = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                targets[f"{value.__module__}.{value.__qualname__}"] = f"{module_name}.{name}"
    return targets


def _current(module_name: str) -> str:
    """Return the directive that resolves short names relative to a module."""
    return f".. py:currentmodule:: {module_name}\n"


class TypeNames(SphinxDirective):
    """A directive that describes the type aliases in the signatures of a module."""

    required_arguments = 1
    option_spec = {"only": str.split}  # noqa: RUF012  as docutils declares it

    def run(self) -> list[nodes.Node]:
        """Return an entry for each alias."""
        lines = [_current(self.arguments[0])]
        found = aliases(self.arguments[0])
        for name, value in sorted(found.items()):
            if name not in self.options.get("only", [name]):
                continue
            lines += [f".. py:type:: {name}", *(f"   {line}" for line in value), ""]
        return self.parse_text_to_nodes("\n".join(lines))


def aliases(module_name: str) -> dict[str, list[str]]:
    """Return the types that occur in signatures of a module but are not public, each with the lines that describe it."""
    module = import_module(module_name)
    found: dict[str, list[str]] = {}
    for name in public_names(module_name):
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            for holder in _own_classes(value):
                _collect(found, _NAME.findall(_annotations(holder)), vars(import_module(holder.__module__)))
    return found


def _own_classes(value: Any) -> list[Any]:
    """Return a function, or a class and its base classes, as far as they are defined in these packages."""
    return [each for each in getattr(value, "__mro__", (value,)) if each.__module__.partition(".")[0] in OWN]


def _annotations(value: Any) -> str:
    """Return all annotations of a function, or of a class and its methods, as one string."""
    holders = [value, *_shown_methods(value)] if inspect.isclass(value) else [value]
    return " ".join(str(text) for holder in holders for text in inspect.get_annotations(holder).values())


def _shown_methods(cls: type) -> list[Any]:
    """Return the methods that are documented, and the constructor."""
    shown = [each for name, each in vars(cls).items() if not name.startswith("_") or name == "__init__"]
    functions = [getattr(each, "fget", None) or getattr(each, "__func__", each) for each in shown]
    return [each for each in functions if inspect.isfunction(each)]


def _collect(found: dict[str, list[str]], names: list[str], known: dict[str, Any]) -> None:
    """Add each name that stands for a type that is not public, and the types in the description of that type."""
    for name in names:
        value = known.get(name) or _of_packages(name)
        if name in found or name.startswith("_") or name.isupper() or _is_public(name, value):
            continue
        if isinstance(value, str) or get_origin(value) is not None:
            canonical = value if isinstance(value, str) else stringify_annotation(value, "smart")
            found[name] = [f":canonical: {canonical}"]
            _collect(found, _NAME.findall(canonical), known)
        elif inspect.isclass(value) and value.__module__.partition(".")[0] in OWN:
            found[name] = ["", (value.__doc__ or "").partition("\n")[0]]


def _of_packages(name: str) -> Any:
    """Return the object with a name in any loaded module of the packages, or ``None``.

    All modules are searched, because a module may not import all names in its annotations.
    """
    loaded = [module for module_name, module in sorted(sys.modules.items()) if module_name.partition(".")[0] in OWN]
    return next((vars(module)[name] for module in loaded if name in vars(module)), None)


def _is_public(name: str, value: Any) -> bool:
    """Return whether a type is a public name of some module, whose page documents the type."""
    return any(name in public_names(each) and getattr(import_module(each), name) == value for each in MODULES)


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element) -> nodes.Node | None:
    """Return a link to a public name or to Python's documentation, or else text, if Sphinx cannot resolve a reference."""
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"])
    is_annotation = "refwarn" not in node and node["reftype"] != "exc"  # not a role and not in a Raises section
    if "." not in target and is_annotation:
        target = _defined(target)
    top = target.partition(".")[0]
    for internal, name in public_targets().items():
        if target == internal or target.startswith(internal + "."):
            public, document = name + target.removeprefix(internal), node.get("refdoc", env.docname)
            return env.domains.python_domain.resolve_xref(env, document, app.builder, node["reftype"], public, node, content)
    if top in sys.stdlib_module_names and "." in target:
        address = f"https://docs.python.org/3/library/{target.rpartition('.')[0]}.html#{target}"
        return nodes.reference("", "", content, refuri=address, internal=False)
    # Annotations, which type checkers check, and names of other libraries, which are not documented here, are shown as text.
    return content if is_annotation or ("." in target and top not in OWN) else None


def _defined(name: str) -> str:
    """Return the full name of the class that an annotation names."""
    value = _of_packages(name)
    return f"{value.__module__}.{value.__qualname__}" if inspect.isclass(value) else name


def without_signature(*arguments: Any) -> tuple[str, str] | None:
    """Hide the arguments of classes that users do not create: errors and protocols."""
    _, kind, _, value, _, signature, _ = arguments
    is_created = kind != "exception" and not getattr(value, "_is_protocol", False)
    return None if is_created or not signature else ("", "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives, the resolver and the handler of signatures."""
    app.add_directive("public-names", PublicNames)
    app.add_directive("type-names", TypeNames)
    app.connect("autodoc-process-signature", without_signature)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
