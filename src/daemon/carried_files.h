// Labels of files, over sessions and restarts: who wrote a file while untrusted, and who meets it later.
//
//   CarriedFiles carried(state + "/flow/carried.jsonl", log);
//   carried.run_later([&](auto work) { return strands.post("weir carried", work); });
//   supplied.carried = carried.look({event, actions, home}, label_is_untrusted);   // before the verdict
//   carried.released(event, actions, label_is_untrusted);                          // it was let through
//   carried.result(result, label_is_untrusted);                                    // it ended
//   carried.vouched(files);                                                        // a person let them run
//
// May be called from any thread; one lock is held for microseconds. look() asks the disk only for the size of
// files that a call reads, and digests one only when a file of exactly that size carries a label. A path is
// noted when the call is released: one write(2), so that a killed daemon loses nothing; digests and fdatasync
// come behind, as `later` work.
//
// A session in a pod sees files of its own (os/file_view.h), and which of them ever come to the host is not
// known. What it writes is noted under its path as elsewhere, so the file of the host is doubted too; but
// nothing that happens in a pod takes a label away.
//
// The file holds changes, one a line (docs/formats/carried.md), and is written anew when most of them are
// past. If it cannot be read, every file carries a label until it is removed: the log, `weir status` and the
// reason of each decision say so.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "flow/carried.h"
#include "flow/carried_table.h"
#include "os/fd.h"
#include "os/file_view.h"
#include "os/log.h"

namespace weir::daemon {

class CarriedFiles {
 public:
  // Runs work once, some time later, one piece after the other; false when it cannot.
  using Later = std::function<bool(std::function<void()>)>;

  // Reads the file; "": nothing is kept on disk.
  CarriedFiles(std::string file, os::Log log);

  // Before the first call; without it work is done at once.
  void run_later(Later later) { later_ = std::move(later); }

  // Files with a label that the call reads or runs; for a session that is not yet untrusted also instructions
  // that its agent has loaded.
  std::vector<flow::CarriedFile> look(const event::Event& event, std::span<const event::Action> actions,
                                      std::string_view home, bool untrusted,
                                      const os::FileView& view = {}) const;
  void released(const event::Event& event, std::span<const event::Action> actions, bool untrusted);
  // What event `seq` of this tree fetched is in this file, or in files below this directory: seen by the
  // kernel, by whatever programs it came there.
  void came(const std::string& path, bool below, const std::string& root, std::uint64_t seq);
  void result(const event::Event& event, bool untrusted, const os::FileView& view = {});
  void vouched(const std::vector<flow::CarriedFile>& files, const os::FileView& view = {});

  // {"files":[{"path","session"?,"seq"?,"below"?,"instructions"?}],"more"}: by path; `more` did not fit.
  Json list() const;
  // A person has looked at the file, or at all that carries a label below a directory: it carries none any
  // more, nor do copies of what it holds. How many labels went. Errors: `invalid`, `not_found` when it has
  // none, `exists` when a directory above stands for it, `corrupt`.
  Result<std::size_t> vouch(const std::string& path);
  // The same errors, and nothing changes.
  Status may_vouch(const std::string& path) const;

  // {"paths","directories","contents","forgotten_contents","horizon","problem"?}; docs/cli.md.
  Json status() const;

 private:
  // What a released call changes, until its result comes.
  struct Written {
    std::string path;
    bool below = false;         // a directory with all in it
    bool whole = false;         // nothing of what it held before is left
    bool instructions = false;  // an agent reads it by itself
  };
  struct Open {
    std::string session;  // root of the tree
    std::uint64_t seq = 0;
    std::vector<Written> written;
    std::vector<std::string> removed;
  };

  void load();
  void doubt(const std::string& why);
  void change(const flow::Change& change);                             // locked
  void vouch_for(const std::string& path, const std::string& digest);  // locked
  static std::string digest_of(const std::string& path);               // "" of what is no file of 16 MiB
  void note_written(const Open& open);                                 // locked
  const flow::CarriedTable::Entry* meets(const std::string& path, bool wide, const os::FileView& view,
                                         std::size_t& budget) const;
  void look_at_files(const Open& open, bool untrusted, bool failed, const os::FileView& view);
  void look_at_written(const Open& open, const Written& written, bool untrusted, bool failed,
                       const os::FileView& view);
  void sync();
  void write_anew();
  void do_later(const std::function<void()>& work);

  const std::string file_;
  const os::Log log_;
  Later later_;
  mutable std::mutex mutex_;  // guards the members below
  flow::CarriedTable table_;
  os::Fd fd_;
  std::size_t lines_ = 0;  // in the file
  bool sync_planned_ = false;
  bool writing_anew_ = false;
  std::string meanwhile_;             // lines that came while the file was written anew
  std::map<std::string, Open> open_;  // by session tree and tool_use_id
  std::deque<std::string> order_;     // of open_, oldest first
  std::string problem_;
  std::string unwritten_;
};

}  // namespace weir::daemon
