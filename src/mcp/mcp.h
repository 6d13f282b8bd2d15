// Room `mcp` (floor 1, pure): the Model Context Protocol as Weir reads it between a client and a server.
//
//   message.h   JSON-RPC messages, read strictly: what two readers could understand differently is refused
//   offer.h     what a server offers (tools, prompts, resource templates, its instructions), each with a
//   digest pins.h      what a server offered when it was last trusted, held against what it offers now
//   screen.h    what a description hides, or says of another server's tools
//
// Revisions 2024-11-05 to 2026-07-28 of the specification (modelcontextprotocol.io). Nothing here judges:
// what is found becomes flags of Actions, and policies decide (docs/mcp.md).
#pragma once
