"""The project's own source files, as the ratchets read them."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("astrolens_gui", "plugins")
EVERYTHING = (*PRODUCT, "resources", "tests", "benchmarks")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def sources(*folders: str) -> list[Path]:
    """Every Python file below these folders of the project."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def top_level(module: ast.Module) -> ast.Module:
    """The statements that run when the module is imported: no function bodies, nothing for type checkers only."""

    class Strip(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        def visit_If(self, node: ast.If) -> ast.AST | None:
            return None if ast.unparse(node.test).endswith("TYPE_CHECKING") else self.generic_visit(node)

    return Strip().visit(module)


def imports(module: ast.AST) -> set[str]:
    """Top-level packages that a module names anywhere in an import, inside functions too."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and _callee(node) in {"import_module", "__import__"}:
            found |= {arg.value.split(".")[0] for arg in node.args[:1] if _is_text(arg)}
    return found


def calls(module: ast.AST) -> list[tuple[str, ast.Call]]:
    """Every call with the last part of the called name."""
    return [(_callee(node), node) for node in ast.walk(module) if isinstance(node, ast.Call)]


def owner(node: ast.Call) -> str:
    """The name before the dot of a called attribute: `pickle` of `pickle.load(…)`."""
    return getattr(getattr(node.func, "value", None), "id", "")


def _callee(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
