// Room `net` (floor 2, rim): sockets and the protocols on them.
//
//   hook_wire.h     the framed, signed wire between shim and daemon
//   local_server.h  one epoll loop over several Unix sockets, frames or lines
//   local_client.h  the other end: connect, send, receive with deadlines
//   http_loopback.h a small HTTP/1.1 server on 127.0.0.1 for a client that we start ourselves
//
// and, for gateways, coroutines on an event loop (docs/net.md):
//
//   loop.h          one thread's loop: tasks, sleeps, names; several loops on one port
//   task.h          Task<T>, TaskGroup;  scope.h: giving up what is done for somebody
//   deadline.h      deadlines that cost nothing while they are kept
//   endpoint.h      where a socket is
//   stream.h        a connected byte stream: TCP or a Unix socket
//   http_server.h   an HTTP/1 server;  http_exchange.h: one request and its answer
//   http_client.h   a client that keeps its connections
//   input.h         bytes that came and were not read;  outgoing.h: a message on its way out
//   listener.h      connections as they come;  socket.h: a descriptor on a loop
//
// Everything that arrives is hostile: sizes and times are limited, a slow or silent peer costs one connection
// and nothing else. What the messages mean is decided above.
#pragma once
