"""kill -9 of workers, servers and PostgreSQL at random moments: FAULTS_KILLS (50) times for each engine."""
import os

import pytest

import campaign

KILLS = int(os.environ.get("FAULTS_KILLS", "50"))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_killed_at_random_jobs_end_like_one_that_nobody_disturbed(engine, calm, tmp_path):
    killed = campaign.run(tmp_path, engine, KILLS, calm, servers=2 if engine == "postgres" else 1)
    assert sum(killed.values()) == KILLS
