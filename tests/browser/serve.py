"""Serving a site to a real browser from inside the tests."""

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn


@contextmanager
def served(app, lifespan="off"):
    """Serve on a free port of this machine and give the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan=lifespan))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.state.live.close()
        server.should_exit = True
        thread.join()


@contextmanager
def standing(cluster, name, town, files):
    """Serve a town of its own database; lend its address and what it knows of its people."""
    with cluster.clone(name) as dsn:
        app = town(dsn, files)
        with served(app, lifespan="on") as address:
            yield address, app.state
