"""One client's job must not be in the way of the others'."""
import socket

from conftest import FAKE_ENV, email


def test_a_server_that_hangs_holds_up_only_the_jobs_on_it(serve, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text(f"contact: {email(1)}\n")
    with socket.socket() as silent:  # takes connections, never answers
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        server = serve("--endpoint", f"http://127.0.0.1:{silent.getsockname()[1]}", "--allow-files", folder, env=FAKE_ENV)
        for _ in range(3):
            server.request("POST", "/scan", json={"bucket": "silent"})
        job = server.start_job(bucket=f"file://{folder}")["job_id"]
        status = server.wait_job(job, seconds=15)
        assert (status["status"], status["total_findings"]) == ("completed", 1)
