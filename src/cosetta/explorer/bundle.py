"""The page's modules as one script.

The files of `page/` are plain ES modules with named imports and exports; here each becomes a function whose result
holds its exports, in the order of their imports. Nothing else is done to them: what is read in the repository is what
runs.
"""

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import PurePosixPath

__all__ = ["bundle", "page_file", "source_hash"]

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', flags=re.MULTILINE)
_EXPORT = re.compile(r"^export (?:const|class|(?:async )?function) (\w+)", flags=re.MULTILINE)


def page_file(name: str) -> str:
    """A file of the page.

    Args:
        name: its place below `page/`.

    Returns:
        Its text.
    """
    return files("cosetta.explorer").joinpath("page", *PurePosixPath(name).parts).read_text(encoding="utf-8")


def bundle(entry: str) -> str:
    """A module and all that it imports, as one script without imports.

    Args:
        entry: the module, such as `main.js`.

    Returns:
        JavaScript in strict mode.

    Raises:
        ValueError: if modules import each other in a circle, or one holds an import or export of another form.

    Example:
        >>> "import " in bundle("format.js"), "export " in bundle("format.js")
        (False, False)
    """
    done: dict[str, str] = {}
    _add(entry, done, ())
    return "\n".join(['"use strict";', *done.values()])


def source_hash(text: str) -> str:
    """What a content security policy calls one inline script or style.

    Args:
        text: the source.

    Returns:
        The hash, quoted.

    Example:
        >>> source_hash("")
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _add(name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"modules must not import each other in a circle; {' imports '.join([*above, name])}")
    if name in done:
        return
    text = page_file(name)
    heads = []
    for names, target in _IMPORT.findall(text):
        path = _joined(name, target)
        _add(path, done, (*above, name))
        heads.append(f"const {{{' '.join(names.split())}}} = {_variable(path)};".replace(" as ", ": "))
    exports = _EXPORT.findall(text)
    body = re.sub(r"^export (?=const|class|function|async function)", "", _IMPORT.sub("", text), flags=re.MULTILINE)
    if re.search(r"^(import|export)\b", body, flags=re.MULTILINE):
        raise ValueError(f"`{name}` must import and export names only, in the forms that `bundle.py` knows")
    inside = "\n".join([*heads, body.strip(), f"return {{ {', '.join(exports)} }};"])
    done[name] = f"// {name}\nconst {_variable(name)} = (() => {{\n{inside}\n}})();"


def _joined(name: str, target: str) -> str:
    parts = list(PurePosixPath(name).parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name.removesuffix(".js"))
