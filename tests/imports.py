"""Which modules of the project a script imports, directly or through others."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "mnist_report"


def module_file(name: str) -> Path | None:
    """Return the file of a module of the package, or None if `name` is not one."""
    base = ROOT / "src" / Path(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def direct_imports(script: Path) -> set[Path]:
    """Return the package's files that one file imports, at its top or anywhere inside."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    # Importing a.b.c runs a and a.b too.
    names |= {".".join(n.split(".")[:k]) for n in names for k in range(1, n.count(".") + 1)}
    return {
        path
        for name in names
        if name.split(".")[0] == PACKAGE and (path := module_file(name)) is not None
    }


def imported_modules(script: Path, not_through: str = "") -> set[str]:
    """Return all the package's files that running `script` may import, relative to the root.

    What only a module whose path starts with `not_through` imports is left out.
    """
    found: set[str] = set()
    waiting = {script}
    while waiting:
        for path in direct_imports(waiting.pop()):
            name = path.relative_to(ROOT).as_posix()
            if name not in found:
                found.add(name)
                if not not_through or not name.startswith(not_through):
                    waiting.add(path)
    return found
