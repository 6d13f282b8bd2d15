#!/usr/bin/env python3
"""A real, small MCP server over standard input and output (protocol 2025-06-18): pages, an issue tracker, mail.

    mcp_server.py mail /ground/mails        tool send_email; each mail is a line of that file
    mcp_server.py web /ground/page.txt      tool read_page; whatever the address, the text of that file
    mcp_server.py tracker /ground/issue.txt tool get_issue

Nothing leaves the machine: what a mail would do is a line in a file.
"""
import json
import pathlib
import sys

TEXT = {"type": "string"}
TOOLS = {
    "web": {"name": "read_page", "description": "Reads a web page and returns its text.",
            "inputSchema": {"type": "object", "properties": {"url": TEXT}, "required": ["url"]}},
    "tracker": {"name": "get_issue", "description": "Gets the text of an issue by its number.",
                "inputSchema": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}},
    "mail": {"name": "send_email", "description": "Sends a mail to a recipient.",
             "inputSchema": {"type": "object", "properties": {"to": TEXT, "subject": TEXT, "body": TEXT}, "required": ["to", "body"]}},
}


def answer(kind, place, message):
    method, arguments = message.get("method"), message.get("params") or {}
    if method == "initialize":
        return {"protocolVersion": arguments.get("protocolVersion", "2025-06-18"), "capabilities": {"tools": {}},
                "serverInfo": {"name": kind, "version": "1"}}
    if method == "tools/list":
        return {"tools": [TOOLS[kind]]}
    if method == "tools/call":
        if kind == "mail":
            with place.open("a") as mails:
                mails.write(json.dumps(arguments.get("arguments")) + "\n")
            return {"content": [{"type": "text", "text": "sent"}]}
        return {"content": [{"type": "text", "text": place.read_text()}]}
    return {}


def main():
    kind, place = sys.argv[1], pathlib.Path(sys.argv[2])
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue  # a notification
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer(kind, place, message)}), flush=True)


if __name__ == "__main__":
    main()
