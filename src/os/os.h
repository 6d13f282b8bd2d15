// Room `os` (floor 1, rim): the operating system as the rest of the house needs it.
//
//   files.h     whole-file reads with limits, atomic durable writes, directories, locks
//   fd.h        a file descriptor with one owner
//   clock.h     wall time, monotonic time, boot id
//   random.h    randomness and secrets wiped on destruction
//   process.h   start a child, who is a peer, ancestry, hardening
//   xdg.h       where configuration, state and sockets live (XDG Base Directory)
//   log.h       the log sink: one line per event, never a secret
//
// Rooms above take these as values or interfaces where determinism matters; pure rooms never see them.
#pragma once
