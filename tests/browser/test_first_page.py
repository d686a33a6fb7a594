"""What a newcomer sees first: the first notebook with a running kernel, and no question over it."""

import sys

# JupyterLab asks about news a moment after the page is there; without our default within 2 s.
PATIENCE = 6000


def test_first_page_asks_nothing(chromium, serve, tmp_path):
    with serve(tmp_path, "--port", "8950") as lines:
        page = chromium.new_page(viewport={"width": 1366, "height": 768})
        problems, outside = [], []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        page.on(
            "request",
            lambda request: outside.append(request.url) if is_outside(request.url) else None,
        )
        page.goto(lines[-1].split()[-1])
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=300_000)
        page.wait_for_timeout(PATIENCE)
        assert page.locator(".jp-Notebook").first.is_visible()
        assert page.locator(".jp-Dialog").count() == 0
        assert page.locator(".Toastify__toast").all_inner_texts() == []
        assert problems == [] and outside == []
        assert kernel_python(page) == sys.executable
        page.close()


def is_outside(url: str) -> bool:
    """Whether a request leaves this machine: a lecture hall may have no network."""
    return not url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:"))


def kernel_python(page) -> str:
    """Return the Python that kernels named `python3` start, as the server tells the page."""
    specs = page.evaluate("() => fetch('/api/kernelspecs').then(answer => answer.json())")
    return specs["kernelspecs"]["python3"]["spec"]["argv"][0]
