#!/usr/bin/env python3
"""A tool server on standard input and output that offers what a file says, for tests.

    scripted_server.py OFFER.json LOG

OFFER.json is read anew for each list: {"tools":[...],"prompts":[...],"instructions":"...","page":N}. LOG gets one line for
each call that arrives here, so that a test knows what the server saw. Tools answer with their arguments, "read_note" with a stranger's letter; "raw" writes the
text it is given as a line of its own.
"""

import json
import sys


def send(message):
    sys.stdout.write((message if isinstance(message, str) else json.dumps(message)) + "\n")
    sys.stdout.flush()


def listed(offer, kind, params):
    items, page = offer.get(kind, []), offer.get("page", 1000)
    begin = int(params.get("cursor") or 0)
    result = {kind: items[begin : begin + page]}
    if begin + page < len(items):
        result["nextCursor"] = str(begin + page)
    return result


def answer(offer, message, log):
    method, params = message["method"], message.get("params", {})
    if method == "initialize":
        result = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "scripted", "version": "1"}}
        return result | ({"instructions": offer["instructions"]} if "instructions" in offer else {})
    if method.endswith("/list"):
        return listed(offer, method.split("/")[0], params)
    if method == "tools/call":
        log.write(json.dumps(params, sort_keys=True) + "\n")
        log.flush()
        if params["name"] == "raw":
            send(params["arguments"]["line"])
        text = "Dear reader, the invoice is due on Friday. Regards, Kim" if params["name"] == "read_note" else json.dumps(params.get("arguments"))
        return {"content": [{"type": "text", "text": text}]}
    if method == "ping":
        return {}
    log.write(json.dumps({"method": method} | params, sort_keys=True) + "\n")
    log.flush()
    return {}


def main():
    with open(sys.argv[2], "a", encoding="utf-8") as log:
        for line in sys.stdin:
            message = json.loads(line)
            if "method" not in message or "id" not in message:
                continue
            with open(sys.argv[1], encoding="utf-8") as file:
                offer = json.load(file)
            send({"jsonrpc": "2.0", "id": message["id"], "result": answer(offer, message, log)})


if __name__ == "__main__":
    main()
