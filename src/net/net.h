// Room `net` (floor 2, rim): sockets and the protocols on them.
//
//   hook_wire.h     the framed, signed wire between shim and daemon
//   local_server.h  one epoll loop over several Unix sockets, frames or lines
//   local_client.h  the other end: connect, send, receive with deadlines
//   http_loopback.h a small HTTP/1.1 server on 127.0.0.1 for a client that we start ourselves
//
// Everything that arrives is hostile: sizes and times are limited, a slow or silent peer costs one connection
// and nothing else. What the messages mean is decided above.
#pragma once
