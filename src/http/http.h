// Room `http` (floor 1, pure): HTTP/1.1, server-sent events and WebSocket as bytes ↔ messages, without
// sockets.
//
//   request_head.h    the head of a request and how long its body is
//   response_head.h   the head of an answer and how long its body is
//   chunks.h          chunked bodies, read and written
//   body.h            a body, whatever ends it
//   message_reader.h  one direction of a connection as messages
//   head_writer.h     heads into which nothing can be injected
//   sse.h             server-sent events, split and written
//   websocket_handshake.h  both sides of the upgrade
//   websocket_frame.h      frames, read and written
//   websocket_reader.h     messages with their exact frames
//   websocket_deflate.h    permessage-deflate, agreed on and applied
//   utf8_check.h      UTF-8 that comes in pieces
//   coding.h          looking into compressed bodies
//   zlib_stream.h     the wrapper of zlib, bounded;  zstd_stream.h: of libzstd
//   http_limits.h     a limit on everything
//   syntax.h          the bytes that names and values are made of
//
// Everything is read strictly: bytes that two readers could take for two different messages are an Error
// (docs/http.md says which and why). What is read are views into the caller's bytes, so that they can be
// forwarded as they came.
#pragma once
