"""A worker that sleeps past its lease and wakes up is refused: nothing is counted twice. The database away for a while."""
import os

import pytest

import absences

AWAY_SECONDS = float(os.environ.get("FAULTS_AWAY_SECONDS", "60"))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_worker_that_wakes_up_after_its_lease_is_refused(engine, tmp_path):
    absences.wake_up_stale(tmp_path, engine)


def test_the_database_is_away_for_a_while_and_everything_goes_on(calm, tmp_path):
    absences.take_database_away(tmp_path, AWAY_SECONDS, calm)


def test_a_database_that_hangs_is_given_up_for_the_time_being(calm, tmp_path):
    absences.freeze_database(tmp_path, calm)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_killed_while_the_store_is_made_it_is_made_all_the_same(engine, tmp_path):
    absences.kill_at_start(tmp_path, engine, rounds=4)
