"""The fixtures and classes of the system tests, for the fault tests, too: `from conftest import …` means the same in both."""
import importlib.util
import pathlib
import sys

import pytest

SYSTEM = pathlib.Path(__file__).resolve().parents[1] / "system"
_spec = importlib.util.spec_from_file_location("system_conftest", SYSTEM / "conftest.py")
_module = importlib.util.module_from_spec(_spec)
sys.modules["system_conftest"] = _module
_spec.loader.exec_module(_module)
globals().update({name: value for name, value in vars(_module).items() if not name.startswith("_")})


@pytest.fixture(scope="session")
def calm(tmp_path_factory):
    """What the same jobs give when nobody disturbs them."""
    import campaign  # not before the names above are here
    return campaign.Calm(tmp_path_factory.mktemp("calm"))
