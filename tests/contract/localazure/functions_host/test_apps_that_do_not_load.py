from pathlib import Path

import pytest

from localazure.functions_host.process import functions_host_process
from localazure.ready_process import NotReadyError

HOST_JSON = '{"version": "2.0"}'
EMPTY_APP = "import azure.functions as func\napp = func.FunctionApp()\n"
TICK = """
@app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def tick(timer: {annotation}) -> None:
    pass
"""


def load(folder: Path, files: dict[str, str]) -> None:
    app = folder / "app"
    app.mkdir()
    for name, content in files.items():
        (app / name).write_text(content)
    with functions_host_process(app, {}, folder / "state"):
        pass


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"function_app.py": EMPTY_APP}, r"host\.json does not exist"),
        ({"host.json": '{"version": "1"}'}, '"version" in host.json must be "2.0"'),
        ({"host.json": HOST_JSON}, "No functions were found"),
        ({"host.json": HOST_JSON, "function_app.py": EMPTY_APP}, "No functions were found"),
        (
            {"host.json": HOST_JSON, "function_app.py": "import nowhere"},
            "No module named 'nowhere'",
        ),
        (
            {
                "host.json": HOST_JSON,
                "function_app.py": EMPTY_APP + TICK.format(annotation="dict"),
            },
            "cannot load the tick function",
        ),
        (
            {"host.json": HOST_JSON, "local.settings.json": "{"},
            r"local\.settings\.json is not JSON",
        ),
    ],
)
def test_the_host_exits_and_says_why(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    with pytest.raises(NotReadyError, match=reason):
        load(tmp_path, files)


def test_an_app_is_found_although_the_working_folder_has_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "function_app.py").write_text("raise RuntimeError('the wrong app')")
    monkeypatch.chdir(other)
    timer = EMPTY_APP + TICK.format(annotation="func.TimerRequest")
    load(tmp_path, {"host.json": HOST_JSON, "function_app.py": timer})
