// Room `changes` (floor 5, rim): what a pod changed, compared, held, reviewed, merged and brought to the
// host.
//
//   pod_store.h      pods at rest, and the lock that says one runs
//   overlay_changes.h, change.h  the upper layer of the overlay compared with the workspace
//   held.h           files that something on the host would run later; alias.h: by another name, too
//   git_history.h, git_config.h  the same of what git would run or bring back
//   review.h         changes with what holds them and what conflicts
//   commit.h         bringing them to the host, file by file, resumable
//   change_text.h, patch_text.h  a change as a patch
//   pod_merge.h, merge_text.h    changes of several pods as one; batch_merge.h: those of a batch
//   batch_store.h    batches at rest
//   beneath.h, copy_tree.h, remove_tree.h  trees of somebody else's making, by descriptors only
//
// Nothing here starts a program or knows how a pod is made: `pod` does, and writes what this room reads.
// Every path is hostile: no symbolic link is followed and no name is resolved twice (openat2,
// RESOLVE_BENEATH).
#pragma once
