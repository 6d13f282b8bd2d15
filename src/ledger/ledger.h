// Room `ledger` (floor 2, rim): a transparency log over opaque bytes, as static files that anyone can verify.
//
//   merkle.h      RFC 6962 hashing, roots, inclusion and consistency proofs; pure
//   edge.h        the right edge of a growing tree, all that appending needs in memory; pure
//   note.h        C2SP signed-note: text signed with Ed25519, keys as text; pure
//   checkpoint.h  C2SP tlog-checkpoint: origin, size, root; pure
//   tiles.h       C2SP tlog-tiles: where hashes and entries lie, how entries are framed; pure
//   disk.h        the few file operations a log makes, an interface so that tests can fail each of them
//   tile_reader.h hashes and entries of a stored tree
//   log.h         the one writer: append, sign, publish, crash-safe
//   verify.h      every tile, entry and checkpoint checked, read-only
//   proof.h       C2SP tlog-proof: one entry's evidence as a file
//   mirror.h      a copy of the static files for a web server or another host
//   key.h         the signing key on disk
//
// The room knows nothing of events or decisions, and durability of entries is not its business: the store
// makes them durable first and hands them over, after a crash again from Log::size() on. What a ledger on
// the same host cannot show is its own rollback as a whole; a witness or an outside copy of a checkpoint can
// (`verify` takes one). Formats: docs/formats/ledger.md.
#pragma once
