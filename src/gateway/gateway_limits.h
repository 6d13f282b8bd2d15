// Limits on everything that a program in a pod may send to the egress proxy, in one place. What exceeds one
// is refused on that connection alone.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::gateway::limits {

inline constexpr std::size_t kHostBytesMax = 253;               // RFC 1035: a name of 255 bytes on the wire
inline constexpr std::size_t kClientHelloBytesMax = 48 * 1024;  // real ones are under 4 KiB
inline constexpr std::size_t kDnsQueryBytesMax = 1232;          // one question is far shorter
inline constexpr std::size_t kSyntheticNamesMax = 16'384;       // names that one run may look up
inline constexpr std::size_t kRelayBufferBytes = 64 * 1024;     // a direction of a connection; then it waits
inline constexpr std::size_t kConnectionsMax = 1024;            // more wait in the kernel's queue
inline constexpr std::size_t kDnsConnectionsMax = 64;
inline constexpr std::size_t kResolverQueueMax = 1024;  // names waiting to be resolved
inline constexpr std::size_t kAddressesMax = 16;        // of one name that are tried
inline constexpr std::size_t kRulesMax = 256;
inline constexpr std::size_t kPortsMax = 64;                // ports of all rules together
inline constexpr std::size_t kRecordEntriesMax = 256;       // destinations, and refusals, told one by one
inline constexpr std::size_t kPolicyBytesMax = 256 * 1024;  // the policy as JSON

inline constexpr std::size_t kCredentialBytesMax = 8 * 1024;  // a value
inline constexpr std::size_t kCredentialsMax = 64;            // of one run
inline constexpr std::size_t kCredentialListMax = 64;         // hosts, paths, methods, places of one
inline constexpr std::size_t kSecretsBytesMax =
    8 * 1024 * 1024;  // what the process gets apart from its policy
inline constexpr std::size_t kSignedBodyBytesMax = 1024 * 1024;  // held back until it can be signed
inline constexpr std::size_t kInspectRulesMax = 256;
inline constexpr std::size_t kPathBytesMax = 1024;               // a pattern of paths
inline constexpr std::size_t kLeavesMax = 1024;                  // certificates of one run that are kept
inline constexpr std::size_t kRevocationBytesMax = 1024 * 1024;  // the list of what was revoked

inline constexpr std::size_t kLinkMessageBytesMax = 512;  // between supervisor and proxy
inline constexpr std::size_t kLinkQueueMax = 4096;        // messages that found no room in the socket
inline constexpr std::size_t kRegistrationsMax = 4096;    // connections made known that have not come

inline constexpr std::int64_t kRegisteredMs = 2'000;      // for a connection to be made known
inline constexpr std::int64_t kRegistrationMs = 150'000;  // a connect that waits for room may take so long
inline constexpr std::int64_t kDecideMs = 3'600'000;      // for an answer of the supervisor, or of a person
inline constexpr std::int64_t kHeadMs = 30'000;           // for the first message and every head of HTTP
inline constexpr std::int64_t kResolveMs = 20'000;        // for all addresses of a name
inline constexpr std::int64_t kConnectMs = 10'000;        // for one address
inline constexpr std::int64_t kIdleMs = 7'200'000;        // a connection on which nothing moves
inline constexpr std::int64_t kHalfClosedMs = 120'000;    // when one side has ended and nothing moves
inline constexpr std::int64_t kDrainMs = 1'000;           // what the pod sent before it ended, on its way out

}  // namespace weir::gateway::limits
