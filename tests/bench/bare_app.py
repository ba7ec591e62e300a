"""The least that can answer a POST: reads the body, answers 201 with a fixed body. Yardstick of `create`."""

import sys
from typing import Any

import uvicorn

ANSWER = b"x" * 1200


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI; no framework."""
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False,
                log_level="error", lifespan="off")  # fmt: skip
