"""The recording proxy in front of any endpoint, for the referee: `relay.py HOST:PORT`.

Prints one JSON line when ready and ends when its standard input closes.
"""

import json
import sys

from proxy import Shim, serve

server = serve(sys.argv[1], Shim())
print(json.dumps({"endpoint": f"http://127.0.0.1:{server.server_address[1]}"}), flush=True)
sys.stdin.read()
