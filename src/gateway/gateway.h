// Room `gateway` (floor 6, rim): the wire plane, where what an agent's programs send passes through Weir.
//
// Values and parsers of hostile bytes, each with its limits in gateway_limits.h (HTTP itself is read by room
// `http`):
//
//   ip_address.h       an address as a value, and what kind of place it is (public, loopback, metadata ...)
//   host_name.h        the one canonical form of a host
//   client_hello.h     the name that a TLS client asks for
//   proxy_request.h    what a client asks of an HTTP proxy
//   socks5.h           the two messages of a SOCKS5 client
//   dns_message.h      one question of DNS and its answer
//   request_scope.h    patterns of paths, and paths that mean two things
//   masker.h           texts in a stream become others, as long
//   placeholder.h      what looks like a credential and is none
//   aws_signature.h    AWS's signature of a request
//
// Egress, the way out of a pod (docs/egress.md):
//
//   egress_policy.h      which destinations are allowed, and where the pod listens for them
//   stream_gate.h        what a client may send on a connection: the name it says is the name allowed
//   synthetic_names.h    addresses that stand for names inside the pod
//   egress_dns.h         the pod's name server, which never asks anybody
//   egress_budget.h      how many bytes may still go
//   egress_record.h      what was reached and refused
//   poller.h             which descriptors are ready
//   resolver.h           names to addresses, on threads of its own
//   relay.h              bytes between two sockets, through a gate and on a budget
//   conduit.h            what it and inspected_relay.h have in common
//   egress_link.h        what the pod's supervisor and the proxy tell each other
//   egress_supervision.h which connections the supervisor made, and what it was asked
//   egress_connection.h  one connection from its acceptance to its end
//   egress_server.h      the event loop that holds it together
//   egress_walls.h       what the process that runs it gives up first
//   egress_process.h     the process that runs it, apart from the supervisor
//
// Inside TLS, and credentials that never enter the pod (docs/credentials.md):
//
//   run_authority.h      the certificate authority of one run, and how to ask for one
//   tls_certificates.h   its leaves, one for each host
//   tls_stream.h         a socket, with TLS on it or without
//   credential.h         a credential and the requests that it belongs to
//   credential_set.h     those of a run, and which of them have ended
//   credential_swap.h    placeholders in a head become credentials
//   http_inspection.h    requests and answers of a connection, looked at one by one
//   inspected_relay.h    a connection whose TLS ends at the proxy
//   egress_secrets.h     what the process is given apart from its policy
//   credential_store.h   credentials that a person keeps with Weir, encrypted
//
// The room knows no pods: listening sockets come in as descriptors, policies as values.
#pragma once
