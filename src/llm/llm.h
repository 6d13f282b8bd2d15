// Room `llm` (floor 2, pure): what the APIs of model vendors say, as values.
//
//   api.h      the four APIs, a tool call, a verdict on it
//   stream.h   an answer whose tool calls are held
//   request.h  what a request offers, and the results of tools in it
//   lanes.h    OpenAI's WebSocket mode: lanes of responses that build on each other
//   usage.h    tokens, from every API's last events
//
// Whole events go in and come out; splitting bytes into events, sockets and timers are other rooms'. Text
// passes as it comes. A tool call is held from its first byte to its last, decided by the caller, then
// released byte for byte, replaced by words that the model understands, or rewritten in every place where it
// appears. What cannot be read, or hides a call where none belongs, ends the stream with the API's own error.
#pragma once
