// Room `a2a` (floor 2, pure): the Agent2Agent protocol, versions 1.0 and 0.3, as values.
//
//   operation.h   what an HTTP request asks of an agent: the same value over JSON-RPC and REST
//   answer.h      what an agent answers, whole or event by event, and what that brings
//   refusal.h     answers that Weir gives itself, which clients of either version understand
//   card_signature.h  signatures of agent cards, by keys that were pinned
//   message.h     messages and their parts, in the three shapes they have on the wire
//   members.h     members of a JSON object, read so that every other reader sees the same ones
//
// Of the specification (a2a-protocol.org, a2aproject/A2A) 1.0 is specification/a2a.proto, 0.3 is the tag
// v0.3.0. Nothing here judges, opens a socket or fetches what a card or a message names.
#pragma once
