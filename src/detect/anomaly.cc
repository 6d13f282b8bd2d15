#include "detect/anomaly.h"

#include <fmt/format.h>

#include <algorithm>

namespace weir::detect {
namespace {

std::string key_of(std::string_view agent, std::string_view repository) {
  return fmt::format("{}\n{}", agent, repository);
}

template <class Map>
auto idlest(Map& map) {
  return std::min_element(map.begin(), map.end(),
                          [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
}

// The call's minute; true when it is another than before. Time that runs backwards stands still.
bool turn(Minute& minute, std::int64_t wall_ns) {
  const std::int64_t number = std::max(wall_ns / kMinuteNs, minute.number);
  if (wall_ns <= 0 || number == minute.number) return false;
  minute = {.number = number};
  return true;
}

// What a finding is about, to know it again when the call is tried again.
std::string subject_of(AnomalyFamily family, const Surprise& surprise, const Conduct& conduct,
                       const SequencePast& past) {
  if (family == AnomalyFamily::rate) return std::string(rule_of(family));
  if (family == AnomalyFamily::sequence)
    return fmt::format("{}\n{}\n{}", rule_of(family), past.calls[0], conduct.tool);
  return fmt::format("{}\n{}\n{}", rule_of(family), name(surprise.trait->kind), surprise.trait->value);
}

}  // namespace

AnomalyDetector::AnomalyDetector(const AnomalyConfig& config)
    : config_(config),
      scales_{AlertScale(budget_of(AnomalyFamily::first_seen, config.alerts_per_day)),
              AlertScale(budget_of(AnomalyFamily::rare, config.alerts_per_day)),
              AlertScale(budget_of(AnomalyFamily::sequence, config.alerts_per_day)),
              AlertScale(budget_of(AnomalyFamily::rate, config.alerts_per_day))} {}

AnomalyProfile& AnomalyDetector::profile_of(const Conduct& conduct, const std::string& key) {
  auto known = profiles_.find(key);
  if (known == profiles_.end()) {
    if (profiles_.size() >= config_.profiles_max) {
      const auto least = idlest(profiles_);
      learn_of(least->first);
      profiles_.erase(least);
      ++forgotten_;
    }
    known = profiles_.emplace(key, Known{AnomalyProfile(conduct.agent, conduct.repository), 0}).first;
  }
  known->second.used = looks_;
  return known->second.profile;
}

AnomalyDetector::Session& AnomalyDetector::session_of(const Conduct& conduct, const std::string& key) {
  auto known = sessions_.find(conduct.session);
  if (known == sessions_.end()) {
    if (sessions_.size() >= kAnomalySessionsMax) {
      const auto least = idlest(sessions_);
      learn_all(least->second);
      sessions_.erase(least);
    }
    known = sessions_.emplace(conduct.session, Session{}).first;
    known->second.profile = key;
  }
  Session& session = known->second;
  session.used = looks_;
  session.root = conduct.root;
  if (session.profile != key) {  // went on in another repository
    learn_all(session);
    session.profile = key;
    session.past = session.learned = {};
  }
  return session;
}

AnomalyLook AnomalyDetector::look(const Conduct& conduct) {
  ++looks_;
  const double days = clock_.passed(conduct.wall_ns, config_.calls_per_day_assumed);
  for (AlertScale& one : scales_)
    one.refill(days);
  const std::string key = key_of(conduct.agent, conduct.repository);
  const AnomalyProfile& profile = profile_of(conduct, key);
  Session& session = session_of(conduct, key);
  turn(session.minute, conduct.wall_ns);
  AnomalyLook look{.judged = profile.calls() >= kLearningCalls};
  if (!look.judged) return look;
  Minute minute = session.minute;
  minute.calls += conduct.wall_ns > 0 ? 1 : 0;
  const auto waits = [&](const Trait& trait) {
    return std::any_of(session.lessons.begin(), session.lessons.end(), [&](const Lesson& lesson) {
      return std::find(lesson.traits.begin(), lesson.traits.end(), trait) != lesson.traits.end();
    });
  };
  const Surprises surprises = profile.judge(conduct, session.past, minute, waits);
  for (std::size_t i = 0; i < kAnomalyFamilies; ++i)
    look.bits[i] = surprises[i].bits;
  tell(conduct, profile, session, minute, surprises, look);
  return look;
}

void AnomalyDetector::tell(const Conduct& conduct, const AnomalyProfile& profile, Session& session,
                           const Minute& minute, const Surprises& surprises, AnomalyLook& look) {
  const double per_day = clock_.per_day(config_.calls_per_day_assumed);
  for (const AnomalyFamily family : kAllAnomalyFamilies) {
    const Surprise& surprise = surprises[static_cast<std::size_t>(family)];
    if (!scale(family).is_above(surprise.bits, per_day)) continue;
    std::string subject = subject_of(family, surprise, conduct, session.past);
    const bool again = std::find(session.told.begin(), session.told.end(), subject) != session.told.end();
    if (!again && !scale(family).tell(surprise.bits, per_day)) continue;
    if (!again) session.told.push_back(subject);
    if (session.told.size() > kAnomalySubjectsMax) session.told.erase(session.told.begin());
    look.findings.push_back(profile.finding(family, surprises, conduct, session.past, minute));
    look.subjects.push_back(std::move(subject));
  }
}

void AnomalyDetector::released(const Conduct& conduct, const AnomalyLook& look) {
  const std::string key = key_of(conduct.agent, conduct.repository);
  if (!profiles_.contains(key)) return;  // forgotten meanwhile
  Session& session = session_of(conduct, key);
  turn(session.minute, conduct.wall_ns);
  if (conduct.wall_ns > 0) ++session.minute.calls;
  for (const std::string& subject : look.subjects) {
    std::erase(session.told, subject);
    if (subject == rule_of(AnomalyFamily::rate)) session.minute.told = true;
  }
  session.past.push(conduct.tool);
  std::rotate(session.names.begin(), session.names.end() - 1, session.names.end());
  session.names[0] = conduct.call;
  session.lessons.push_back(
      {conduct.tool, conduct.call, conduct.traits, look.bits, look.judged, conduct.wall_ns, CallEnd::fine});
  ++waiting_;
  while (session.lessons.size() > config_.lessons_held)
    learn_first(session);
  if (waiting_ <= kAnomalyLessonsMax) return;
  // Whoever has the most waiting gives way.
  const auto most = std::max_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
    return a.second.lessons.size() < b.second.lessons.size();
  });
  learn_first(most->second);
}

void AnomalyDetector::outcome(std::string_view session_name, std::string_view call, CallEnd end) {
  const auto known = sessions_.find(session_name);
  if (known == sessions_.end() || end == CallEnd::fine) return;
  Session& session = known->second;
  for (std::size_t ago = 0; ago < session.names.size(); ++ago) {
    if (!call.empty() && session.names[ago] != call) continue;
    if (end == CallEnd::failed) session.past.mark_failed(ago);
    break;
  }
  for (auto lesson = session.lessons.rbegin(); lesson != session.lessons.rend(); ++lesson) {
    if (!call.empty() && lesson->call != call) continue;
    lesson->end = end;
    return;
  }
  // It is learned already: at least what follows knows how it ended.
  if (end == CallEnd::failed && session.lessons.empty()) session.learned.calls = session.past.calls;
}

void AnomalyDetector::learn_first(Session& session) {
  const Lesson lesson = std::move(session.lessons.front());
  session.lessons.pop_front();
  --waiting_;
  if (lesson.end == CallEnd::not_run) return;
  const auto known = profiles_.find(session.profile);
  if (known != profiles_.end()) {
    forgotten_ += known->second.profile.learn(lesson.tool, lesson.traits, session.learned);
    ++calls_;
    clock_.count(lesson.wall_ns);
    const std::uint32_t in_minute = session.minute_learned.calls;
    if (turn(session.minute_learned, lesson.wall_ns) && in_minute > 0)
      known->second.profile.add_minute(in_minute);
    session.minute_learned.calls += lesson.wall_ns > 0 ? 1 : 0;
    for (std::size_t i = 0; lesson.judged && i < kAnomalyFamilies; ++i)
      scales_[i].learn(lesson.bits[i]);
  }
  session.learned.push(lesson.tool);
  if (lesson.end == CallEnd::failed) session.learned.mark_failed();
}

void AnomalyDetector::learn_all(Session& session) {
  while (!session.lessons.empty())
    learn_first(session);
}

void AnomalyDetector::learn_of(std::string_view profile) {
  for (auto& [name, session] : sessions_)
    if (session.profile == profile) learn_all(session);
}

void AnomalyDetector::stopped(std::string_view root) {
  std::erase_if(sessions_, [&](const auto& one) {
    if (one.second.root != root) return false;
    waiting_ -= one.second.lessons.size();
    return true;
  });
}

void AnomalyDetector::ended(std::string_view session) {
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) return;
  learn_all(known->second);
  sessions_.erase(known);
}

void AnomalyDetector::settle() {
  for (auto& [name, session] : sessions_)
    learn_all(session);
}

std::vector<event::Finding> AnomalyDetector::observe(const Conduct& conduct) {
  AnomalyLook seen = look(conduct);
  released(conduct, seen);
  return std::move(seen.findings);
}

void AnomalyDetector::note_outcome(std::string_view session, bool failed) {
  outcome(session, "", failed ? CallEnd::failed : CallEnd::fine);
}

AnomalyStatus AnomalyDetector::status() const {
  AnomalyStatus out{.calls = calls_,
                    .forgotten = forgotten_,
                    .calls_per_day = clock_.per_day(config_.calls_per_day_assumed)};
  for (const AnomalyFamily family : kAllAnomalyFamilies) {
    const AlertScale& one = scale(family);
    out.alerts += one.told();
    out.held_back += one.held_back();
    out.families.push_back(
        {family, one.alerts_per_day(), one.told(), one.held_back(), one.threshold(out.calls_per_day)});
  }
  return out;
}

bool AnomalyDetector::knows(std::string_view agent, std::string_view repository) const {
  return profiles_.contains(key_of(agent, repository));
}

void AnomalyDetector::put(AnomalyProfile profile) {
  std::string key = key_of(profile.agent(), profile.repository());
  profiles_.insert_or_assign(std::move(key), Known{std::move(profile), looks_});
}

std::optional<AnomalyProfile> AnomalyDetector::take_idlest(std::size_t keep) {
  if (profiles_.size() <= keep) return std::nullopt;
  const auto least = idlest(profiles_);
  learn_of(least->first);
  AnomalyProfile out = std::move(least->second.profile);
  profiles_.erase(least);
  return out;
}

void AnomalyDetector::forget(std::string_view agent, std::string_view repository) {
  const std::string key = key_of(agent, repository);
  profiles_.erase(key);
  std::erase_if(sessions_, [&](const auto& one) {
    if (one.second.profile != key) return false;
    waiting_ -= one.second.lessons.size();
    return true;
  });
}

std::vector<const AnomalyProfile*> AnomalyDetector::profiles() const {
  std::vector<const AnomalyProfile*> out;
  out.reserve(profiles_.size());
  for (const auto& [key, known] : profiles_)
    out.push_back(&known.profile);
  return out;
}

}  // namespace weir::detect
