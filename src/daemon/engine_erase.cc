// Erasing a session tree while it may be alive: in the store, in the ledger's order, and in memory.
#include <future>

#include "daemon/engine.h"
#include "daemon/records.h"
#include "os/clock.h"

namespace weir::daemon {

Result<std::string> Engine::root_of(const std::string& session) {
  {
    const std::lock_guard lock(mutex_);
    if (trees_.contains(session)) return session;
  }
  // A sub-agent's event may be durable and not yet indexed.
  if (options_.await_index) (void)options_.await_index();
  TRY(const auto events, query_.events(session, 0, 1));
  if (events.empty())
    return fail(ErrorCode::not_found, "nothing is stored of this session", session,
                "`weir log` names sessions; give the whole name");
  return events.front().root;
}

void Engine::erase(const std::string& session, const std::function<void(Result<std::string>)>& done) {
  const bool queued = strands_.post(session, [this, session, done](std::size_t) {
    const auto root = root_of(session);
    if (!root) {
      done(root);
      return;
    }
    // Between two calls of that tree.
    const bool posted = strands_.post(*root, [this, root = *root, done](std::size_t) {
      const Status erased = erase_tree(root);
      done(erased ? Result<std::string>(root) : std::unexpected(erased.error()));
    });
    if (!posted) done(fail(ErrorCode::unavailable, "too much waits in this session", *root, "try again"));
  });
  if (!queued) done(fail(ErrorCode::unavailable, "too much waits in this session", session, "try again"));
}

// On the tree's strand, which waits: its next call must not be judged by state that is read back from what is
// being destroyed.
Status Engine::erase_tree(const std::string& root) {
  planner_.forget(root);
  {
    const std::lock_guard lock(mutex_);
    trees_.erase(root);
    evicted_ = true;
    std::erase_if(held_, [&](const auto& item) { return item.second.root == root; });
  }
  auto outcome = std::make_shared<std::promise<Status>>();
  Commit commit;
  commit.erase_root = root;
  commit.entries.push_back(system_entry("session.erased", os::wall_ns(), Json::object({{"root", root}})));
  commit.done = [outcome](const Status& status) { outcome->set_value(status); };
  committer_.submit(std::move(commit));
  return outcome->get_future().get();
}

}  // namespace weir::daemon
