// What people and the launcher do to live sessions: approve, stop, resume, and the calls seen only in a
// transcript. Each is an Event of the tree it concerns, runs on that tree's strand and answers when it is
// durable.
#include <atomic>

#include "daemon/engine.h"
#include "daemon/engine_tree.h"
#include "daemon/records.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/random.h"

namespace weir::daemon {

namespace kind = event::kind;
using event::Event;

Event Engine::control_event(const std::string& root, std::string_view event_kind, Json data) const {
  Event event;
  event.id = os::new_uuid();
  event.kind = event_kind;
  event.host = options_.host;
  event.user = options_.user;
  event.agent.name = root.substr(0, root.find(':'));
  event.session = event.root = root;
  event.plane = event::plane::kSelf;
  event.source = "weir/control";
  event.assurance = event::Assurance::attested;
  event.time = {os::wall_ns(), os::monotonic_ns(), options_.boot, {}};
  event.data = std::move(data);
  return event;
}

void Engine::approve(const std::string& approval_id, bool yes, const guard::Approver& approver,
                     const Done& done) {
  std::string root;
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = held_.find(approval_id); it != held_.end()) root = it->second.root;
  }
  if (root.empty()) {
    done(fail(ErrorCode::not_found, "no call is held under this id; it may have expired or been used",
              approval_id, "see the open ones with `weir approve --list`"));
    return;
  }
  const bool queued = strands_.post(root, [this, root, approval_id, yes, approver, done](std::size_t thread) {
    const auto found = tree_of(root, thread);
    if (!found) {
      done(std::unexpected(found.error()));
      return;
    }
    const auto& tree = *found;
    Event event = control_event(root, kind::kApproval,
                                Json::object({{"approval_id", approval_id},
                                              {"answer", yes ? "approve" : "deny"},
                                              {"approver", guard::to_json(approver)}}));
    tree->guard->admit(event);
    const Status answered = tree->guard->answer(event);
    if (answered) {
      const std::lock_guard lock(mutex_);
      held_.erase(approval_id);
    }
    // An answer that was not accepted is recorded too: it took its place in the tree.
    const Done finished = [this, done, answered, approval_id](const Status& status) {
      if (answered && status) release_effect(approval_id);
      done(answered ? status : answered);
    };
    if (const Status status = commit_event(*tree, event, finished); !status) finished(status);
  });
  if (!queued) done(fail(ErrorCode::unavailable, "too much waits in this session"));
}

void Engine::stop(const std::string& session_or_all, const std::string& reason, const Done& done) {
  std::vector<std::string> roots;
  Status kept;  // that all are stopped, for after a restart
  {
    const std::lock_guard lock(mutex_);
    if (session_or_all.empty()) {
      stopped_all_ = reason.empty() ? "a person stopped all sessions" : reason;
      kept = options_.stop_file.empty() ? Status{} : os::write_file_atomic(options_.stop_file, stopped_all_);
    }
    for (const auto& [root, tree] : trees_)
      if (session_or_all.empty() || root == session_or_all || root.find(session_or_all) != std::string::npos)
        roots.push_back(root);
  }
  if (roots.empty()) {
    done(session_or_all.empty() ? kept
                                : fail(ErrorCode::not_found, "no live session has this name", session_or_all,
                                       "see them with `weir status`"));
    return;
  }
  auto left = std::make_shared<std::atomic<std::size_t>>(roots.size());
  for (const auto& root : roots)
    strands_.post(root, [this, root, reason, done, left, kept](std::size_t thread) {
      const auto finished = [done, left, kept](const Status& status) {
        if (--*left == 0) done(status ? kept : status);
      };
      const auto found = tree_of(root, thread);
      if (!found) {
        finished(std::unexpected(found.error()));
        return;
      }
      const auto& tree = *found;
      Event event = control_event(
          root, kind::kControl,
          Json::object({{"control", "stop"}, {"reason", reason.empty() ? "a person stopped it" : reason}}));
      tree->guard->admit(event);
      tree->guard->note(event);
      anomalies_.stopped(root);
      if (const Status status = commit_event(*tree, event, finished); !status) finished(status);
    });
}

void Engine::resume(const std::string& session_or_all, const Done& done) {
  std::vector<std::string> roots;
  {
    const std::lock_guard lock(mutex_);
    if (session_or_all.empty()) {
      stopped_all_.clear();
      if (!options_.stop_file.empty() && os::exists(options_.stop_file))
        (void)os::remove_file(options_.stop_file);
    }
    for (const auto& [root, tree] : trees_)
      if (session_or_all.empty() || root == session_or_all || root.find(session_or_all) != std::string::npos)
        roots.push_back(root);
  }
  if (roots.empty()) {
    done(session_or_all.empty()
             ? Status{}
             : fail(ErrorCode::not_found, "no live session has this name", session_or_all));
    return;
  }
  auto left = std::make_shared<std::atomic<std::size_t>>(roots.size());
  for (const auto& root : roots)
    strands_.post(root, [this, root, done, left](std::size_t thread) {
      const auto finished = [done, left](const Status& status) {
        if (--*left == 0) done(status);
      };
      const auto found = tree_of(root, thread);
      if (!found) {
        finished(std::unexpected(found.error()));
        return;
      }
      const auto& tree = *found;
      Event event = control_event(root, kind::kControl, Json::object({{"control", "resume"}}));
      tree->guard->admit(event);
      tree->guard->note(event);
      if (const Status status = commit_event(*tree, event, finished); !status) finished(status);
    });
}

void Engine::transcript_call(const std::string&, Event event, const std::function<void(bool)>& done) {
  const std::string root = event.root;
  auto shared = std::make_shared<Event>(std::move(event));
  const bool queued = strands_.post(root, [this, root, shared, done](std::size_t thread) {
    const auto found = tree_of(root, thread);
    if (!found) {
      done(false);  // refused anyway while its history cannot be read
      return;
    }
    const auto& tree = *found;
    const auto it = shared->corr.find("tool_use_id");
    const std::string id = it == shared->corr.end() ? "" : it->second;
    if (id.empty() || tree->guard->state().judged.contains(id)) {
      done(false);
      return;
    }
    // A call that ran without its hook: the guard was passed by.
    Event stop =
        control_event(root, kind::kControl,
                      Json::object({{"control", "stop"},
                                    {"reason", "a tool call ran without passing the hook (divergence)"},
                                    {"tool_use_id", id},
                                    {"tool", shared->data["tool"].text_or("")}}));
    tree->guard->admit(stop);
    tree->guard->note(stop);
    anomalies_.stopped(root);
    (void)commit_event(*tree, stop, [done](const Status&) { done(true); });
  });
  if (!queued) done(false);
}

void Engine::remember_held(const Notice& notice, const Event& event) {
  const event::Decision& decision = notice.decision;
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ns = event.time.wall_ns;
  std::erase_if(held_, [&](const auto& item) { return item.second.expires_ns <= now_ns; });
  held_[decision.approval_id] = {decision.root,
                                 decision.session,
                                 event.agent.name,
                                 std::string(event.data["tool"].text_or("")),
                                 decision.reason,
                                 notice.summary,
                                 now_ns + guard::GuardOptions{}.approval_ttl_ns};
}

std::vector<std::pair<std::string, HeldCall>> Engine::held() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, HeldCall>> list;
  const std::int64_t now_ns = os::wall_ns();
  for (const auto& [id, call] : held_)
    if (call.expires_ns > now_ns) list.emplace_back(id, call);
  return list;
}

}  // namespace weir::daemon
