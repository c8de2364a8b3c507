#!/bin/sh
# Starts the proxy before the shop's catalog, both of whose versions Python plays. Ctrl-C ends all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cargo build --quiet --manifest-path "$here/Cargo.toml"
python3 - <<'PYTHON' &
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


def version(name):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = f"{name}\n".encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_):
            pass

    return Handler


for port, name in (8081, "catalog-v1"), (8082, "catalog-v2"):
    server = ThreadingHTTPServer(("127.0.0.1", port), version(name))
    Thread(target=server.serve_forever).start()
PYTHON
catalog=$!
# Until both versions answer, there is nothing to send requests to.
while kill -0 $catalog && ! python3 -c '
import socket
for port in 8081, 8082:
    socket.create_connection(("127.0.0.1", port))
' 2>/dev/null; do sleep 0.1; done
"${CARGO_TARGET_DIR:-$here/../../target}/debug/smi-proxy" "${1:-$here/../manifests/shop}" \
    --listen 0.0.0.0:8080 --metrics 127.0.0.1:9090 \
    --service shop/catalog --destination shop/catalog --port 8080 \
    --backend shop/catalog-v1=127.0.0.1:8081 --backend shop/catalog-v2=127.0.0.1:8082 \
    --address-book "$here/addresses.txt" --sticky backend --debug &
proxy=$!
trap 'kill $catalog $proxy 2>/dev/null' EXIT
trap 'exit 0' INT TERM
wait $proxy
