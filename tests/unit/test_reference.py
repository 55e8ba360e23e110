"""The generated reference pages say what the code says."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings.md", "rules.md", "errors.md", "cli.md"])
def test_no_reference_page_is_stale(reference: ModuleType, page: str) -> None:
    assert (ROOT / "docs/reference" / page).read_text("utf-8") == reference.pages()[page], "run: python tools/reference.py"


def test_every_setting_and_every_name_of_it_is_on_its_page(reference: ModuleType) -> None:
    from autosd.settings.table import TABLE

    page = reference.settings_page()
    assert all(f"`{name}`" in page for row in TABLE for name in (row.name, *row.env_names))


def test_every_code_that_is_raised_is_on_its_page_with_a_remedy(reference: ModuleType) -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "autosd").rglob("*.py")]
    named = {code for source in sources for code in re.findall(r'"(AUTOSD-[A-Z0-9-]*[A-Z0-9])",', source)}
    page = reference.errors_page()
    missing = sorted(code for code in named if f"`{code}`" not in page)
    assert not missing
    assert "| `AUTOSD-AUDIT-UNAVAILABLE` | The record … cannot be written: …. Without a record nothing is done. | Make room" in page
