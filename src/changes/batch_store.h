// Batches at rest: which tasks ran in which pods, what each wrote, how it ended (docs/formats/pod.md).
//
//   const BatchStore batches(places.state + "/batches");
//   TRY(const Batch batch, batches.create(workspace, tasks));
//   TRY(const os::Fd held, batches.lock(batch));               // while anything of it runs or is merged
//   TRY_STATUS(batches.write(batch, 0, {.pod = pod.id}));      // as soon as there is a pod
//   TRY_STATUS(batches.write(batch, 0, {.pod = pod.id, .ended = true, .exit = 1 …}));
//
// A batch is a directory <state>/batches/<id>/. Each task has a file of its own, replaced whole, so that a
// batch that was killed at any instant still tells which pods are there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace weir::changes {

inline constexpr std::size_t kBatchTasksMax = 1024;

struct BatchTask {
  std::string id;       // the person's; unique in its batch
  std::string command;  // for people
};

// What became of a task.
struct BatchOutcome {
  std::string pod;     // its id; "": none was made yet
  bool ended = false;  // else it runs, or was cut off
  int exit = 0;        // as `weir pod exec`
  int signal = 0;
  std::string ended_because;
  bool changed = false;  // the pod is kept
  std::int64_t took_ms = 0;
  std::string error;  // why no command ran; "" when one did
};

struct Batch {
  std::string id;  // UUIDv7
  std::string workspace;
  std::int64_t started_ns = 0;
  std::vector<BatchTask> tasks;
};

class BatchStore {
 public:
  explicit BatchStore(std::string state_dir) : dir_(std::move(state_dir)) {}  // <state>/batches

  Result<Batch> create(const std::string& workspace, std::vector<BatchTask> tasks) const;
  // Oldest first; those that cannot be read are left out.
  std::vector<Batch> list() const;
  // "last": the newest of the workspace that `here` lies in; else the beginning of an id. Error `not_found`,
  // `invalid` when several begin so.
  Result<Batch> find(const std::string& text, const std::string& here) const;

  Status write(const Batch& batch, std::size_t task, const BatchOutcome& outcome) const;
  BatchOutcome outcome(const Batch& batch, std::size_t task) const;
  std::string output_file(const Batch& batch, std::size_t task) const;  // its standard output
  std::string errors_file(const Batch& batch, std::size_t task) const;  // its standard error, and Weir's

  // The pod that holds the merged changes; "" while there is none.
  std::string merged(const Batch& batch) const;
  Status set_merged(const Batch& batch, const std::string& pod) const;

  // Error `unavailable` while somebody else holds it.
  Result<os::Fd> lock(const Batch& batch) const;
  // The record, not the pods.
  Status remove(const Batch& batch) const;
  std::string directory(const Batch& batch) const { return dir_ + "/" + batch.id; }

 private:
  Result<Batch> read(const std::string& id) const;

  std::string dir_;
};

}  // namespace weir::changes
