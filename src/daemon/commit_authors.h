// Who committed what a call reads, for users who have named the commit authors that they trust
// (docs/flow.md#commit-authors): a file that anybody else has had a hand in is a stranger's text.
//
//   CommitAuthors authors;
//   supplied.carried = ...; authors.look(call, products, supplied.carried);   // adds what strangers
//   committed
//
// Asks `git log` of the repository that the file lies in. The repository may be hostile: no program that its
// settings name is started (pager, signatures, file system monitor, text conversion, transports), nothing is
// fetched, and git is ended after kTimeoutMs. What cannot be known counts as a stranger's: no git, too long a
// history, a cut one. An author is what a commit claims; co-authors count, .mailmap and the committer do not.
//
// Answers are kept by path until HEAD moves. May be called from any thread.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/action.h"
#include "event/event.h"
#include "flow/carried.h"
#include "flow/products.h"
#include "os/file_view.h"

namespace weir::daemon {

class CommitAuthors {
 public:
  static constexpr int kTimeoutMs = 2000;  // of one question; a call asks at most kQuestionsMax
  static constexpr std::size_t kQuestionsMax =
      8;  // files and directories of one call; more count as strangers'
  static constexpr std::size_t kKeptMax = 4096;  // answers

  struct Call {
    const event::Event& event;
    std::span<const event::Action> actions;
    std::string_view home;
    bool untrusted = false;  // the session is so already: instructions add nothing
    // The files as the session sees them. git is not asked about a repository that only a pod shows: its
    // authors count as not known.
    os::FileView view = {};
  };

  // Adds to `found`, at most flow::kCarriedMax in all. Nothing, and git is not started, while the user has
  // named no commit author.
  void look(const Call& call, const flow::Products& products, std::vector<flow::CarriedFile>& found);

 private:
  struct Answer {
    std::string head;                  // the commit that HEAD was, for which this holds
    std::vector<std::string> authors;  // addresses, each once
    std::string doubt;                 // why they are not known
  };
  Answer authors_of(const std::string& path, bool directory, const os::FileView& view);
  bool kept(const std::string& key, const std::string& head, Answer& answer) const;
  void keep(const std::string& key, const Answer& answer);

  mutable std::mutex mutex_;  // guards the members below
  std::map<std::string, Answer> answers_;
  std::deque<std::string> order_;  // of answers_, oldest first
};

}  // namespace weir::daemon
