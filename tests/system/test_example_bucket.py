"""The bucket that comes with trawl: what must be found in it is found, and nothing else is."""
import json

import boto3
import pytest

from conftest import ROOT, aws_env

EXAMPLES = ROOT / "examples"
BUCKET = EXAMPLES / "bucket"


@pytest.fixture(scope="module")
def expected():
    return json.loads((EXAMPLES / "expected.json").read_text(encoding="utf-8"))
