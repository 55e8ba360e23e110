"""Well-known pure-Python libraries whose source packages bring their tests: pinned, fetched by pip, laid out as plain projects."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.isolated import BENCH

#: Build back ends (so that pip needs no build environment of its own), and what the libraries' tests import.
NEEDED = ("setuptools>=77", "wheel", "hatchling", "hatch-vcs", "flit_core", "pytest", "coverage", "freezegun")
LIBRARIES_FOLDER = BENCH / "libraries"


@dataclass(frozen=True)
class Library:
    """``kept``: what of the source package besides the package itself makes up the project."""

    name: str
    version: str
    sha256: str
    package: str
    kept: tuple[str, ...] = ("tests",)
    dropped: tuple[str, ...] = ()  # files that need what is not there
    slow: tuple[str, ...] = ()  # tests left out because they wait or take seconds

    @property
    def folder(self) -> Path:
        return LIBRARIES_FOLDER / self.name


LIBRARIES = (
    Library("boltons", "26.2.0", "d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c", "boltons"),
    Library(
        "humanize",
        "4.17.0",
        "1d6a36c453dbfbb3f0b34601d2e0b4ce5d48d780305cd45714843f0068fde6ac",
        "humanize",
        dropped=("tests/test_benchmarks.py", "tests/test_i18n.py"),
    ),
    Library(
        "inflection",
        "0.5.1",
        "1a29730d366e996aaacffb2f1f1cb9593dc38e2ddd30c91250c6dde09ea9b417",
        "inflection",
        kept=("test_inflection.py",),
    ),
    Library("itsdangerous", "2.2.0", "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173", "itsdangerous"),
    Library(
        "more-itertools",
        "11.2.1",
        "cbf08fd0af284dc69718b9b76a8e6203df624d70209ea511e4219d350c856f63",
        "more_itertools",
        slow=(
            "PrimeFunctionTests::test_primes",
            "TestSerialize::test_concurrent_calls",
            "TestConcurrentTee::test_concurrent_consumers",
            "DiscreteFourierTransformTests::test_roundtrip",
            "PrimeFunctionTests::test_nth_prime_approximate",
            "ExtractTests::test_all_orderings",
            "PolynomialFromRootsTests::test_large",
            "TestSynchronized::test_concurrent_calls",
            "RunningMedianTests::test_vs_statistics_median",
        ),
    ),
    Library(
        "schema",
        "0.7.8",
        "e86cc08edd6fe6e2522648f4e47e3a31920a76e82cce8937535422e310862ab5",
        "schema",
        kept=("test_schema.py", "LICENSE-MIT", "README.rst"),
    ),
    Library("sqlparse", "0.6.1", "ca722573f848ff2d30e40ea30f53a104b7dea7635ea9285891263eb2c58fb6e7", "sqlparse"),
)


def interpreter() -> Path:
    """The Python of the libraries' own environment, made on first use."""
    python = BENCH / "venv" / "bin" / "python"
    if not (BENCH / "venv" / ".installed").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(BENCH / "venv")], check=True)
        pip(python, "install", *NEEDED)
        (BENCH / "venv" / ".installed").touch()
    return python


def pip(python: Path, *words: str) -> None:
    subprocess.run([str(python), "-m", "pip", "--disable-pip-version-check", *words[:1], "-q", *words[1:]], check=True)


def ensure(library: Library) -> Path:
    """The library as a pristine project: the package at the root, its tests, and nothing that asks to be built."""
    from benchmarks.heldout import without

    if library.folder.is_dir():
        return library.folder
    with tempfile.TemporaryDirectory() as name:
        source = fetch(library, Path(name))
        made = Path(name) / "project"
        inner = source / "src" if (source / "src").is_dir() else source
        if (inner / library.package).is_dir():
            shutil.copytree(inner / library.package, made / library.package)
        else:  # a module
            made.mkdir()
            shutil.copy(inner / library.package, made / library.package)
        for kept in library.kept:
            if (source / kept).is_dir():
                shutil.copytree(source / kept, made / kept)
            else:
                shutil.copy(source / kept, made / kept)
        for dropped in library.dropped:
            (made / dropped).unlink()
        (made / "conftest.py").touch()  # its folder becomes importable for the tests
        for path in made.rglob("test_*.py"):
            path.write_text(without(path.read_text("utf-8"), set(library.slow)), encoding="utf-8")
        library.folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, library.folder)
    return library.folder


def fetch(library: Library, folder: Path) -> Path:
    """Download the pinned source package and unpack it."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{library.name}=={library.version} --hash=sha256:{library.sha256}\n")
    pip(interpreter(), "download", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "-d", str(folder), "-r", str(wanted))
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
    return next(path for path in folder.iterdir() if path.is_dir())
