// `weir pod batch`: many tasks, each in a pod of its own that begins with the same state; then one review of
// all.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iostream>
#include <ostream>
#include <thread>

#include "base/bytes.h"
#include "changes/batch_merge.h"
#include "changes/path_text.h"
#include "cli/batch_run.h"
#include "cli/batch_tasks.h"
#include "cli/commands.h"
#include "cli/pod_choice.h"
#include "cli/pod_egress.h"
#include "cli/pod_prepare.h"
#include "cli/pod_supervision.h"
#include "os/clock.h"
#include "pod/pod_launch.h"

namespace weir::cli {
namespace {

constexpr int kOwnFailure = 125;
constexpr std::size_t kJobsMax = 256;
constexpr std::size_t kCommandShownMax = 60;

Result<std::size_t> jobs_of(const Args& args) {
  const auto text = args.value("--jobs");
  if (!text) return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kJobsMax);
  std::size_t jobs = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), jobs);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size() || jobs == 0 || jobs > kJobsMax)
    return fail("--jobs takes a number from 1 to " + std::to_string(kJobsMax), printable(*text, 40));
  return jobs;
}

Result<std::vector<BatchRow>> rows_of(const Args& args, Context& context) {
  const std::string file = args.positional_or(0, "-");
  if (file == "-") return read_batch_rows(context.in, args.rest());
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::not_found, "the list of tasks cannot be read", printable(file, 400));
  return read_batch_rows(in, args.rest());
}

// In a process of its own, whose standard error is the task's file.
int run_task(const Args& args, Context& context, const PodFinds& find, const BatchRow& row,
             const std::function<void(const changes::BatchOutcome&)>& tell) {
  changes::BatchOutcome outcome;
  const std::int64_t began_ns = os::monotonic_ns();
  const auto ended = [&](int code) {
    outcome.ended = true;
    outcome.exit = code;
    outcome.took_ms = (os::monotonic_ns() - began_ns) / 1'000'000;
    tell(outcome);
    context.err << std::flush;
    return code;
  };
  const auto failed = [&](const Error& error) {
    outcome.error = error.message();
    context.err << "weir: " << printable(error.message(), 1000) << "\n";
    return ended(kOwnFailure);
  };
  const pod::PodBirth birth;
  auto ready = prepare_pod(args, context, row.argv, find, {}, row.wish);
  if (!ready) return failed(ready.error());
  outcome.pod = ready->stored.id;
  tell(outcome);
  tell_before(args, *ready, context);
  PodEgress egress(*ready);
  pod::PodOptions options;
  egress.attach(options);
  SupervisionTally tally;
  if (ready->plan.spec.supervised)
    tally.attach(options, find.secrets ? find.secrets(context.places.home) : nullptr);
  auto done = pod::launch_pod(birth, ready->plan, options);
  outcome.changed = keep_if_changed(*ready, context);
  if (!outcome.changed) outcome.pod.clear();
  const auto record = egress.finish();
  if (!done) return failed(done.error());
  if (record) tell_egress(*record, context);
  if (ready->plan.spec.supervised) tally.tell(done->supervised, context);
  for (const auto& note : done->report.notes)
    context.err << "weir: " << printable(note, 500) << "\n";
  outcome.signal = done->exit.signal;
  outcome.ended_because = done->ended_because;
  if (!outcome.ended_because.empty())
    context.err << "weir: the pod was ended, " << printable(outcome.ended_because, 200) << "\n";
  return ended(done->exit.code);
}

std::string result_text(const changes::BatchOutcome& outcome) {
  if (!outcome.error.empty()) return "failed: " + printable(outcome.error, 200);
  std::string text = outcome.ended ? "exit " + std::to_string(outcome.exit) : "not run";
  if (!outcome.ended_because.empty()) text += " (" + printable(outcome.ended_because, 100) + ")";
  return text;
}

class Batch {
 public:
  Batch(const Args& args, Context& context, const PodFinds& find)
      : args_(args),
        context_(context),
        find_(find),
        pods_(pod_store(context)),
        batches_(batch_store(context)) {}

  Result<int> run() {
    if (args_.has("--publish"))
      return fail("several pods cannot share a port", "--publish", "publish with `weir pod exec`");
    TRY(const std::size_t jobs, jobs_of(args_));
    TRY(rows_, rows_of(args_, context_));
    TRY_STATUS(check());
    std::vector<changes::BatchTask> tasks;
    for (const auto& row : rows_)
      tasks.push_back({row.id, row.command});
    TRY(batch_, batches_.create(".", std::move(tasks)));
    TRY(const os::Fd held, batches_.lock(batch_));
    if (!context_.quiet && !context_.json)
      context_.err << "weir: batch " << batch_.id << ", " << rows_.size() << " tasks, " << jobs
                   << " at once\n";
    context_.err << std::flush;
    context_.out << std::flush;
    BatchRun run(batches_, batch_, [this](std::size_t task) { return in_child(task); });
    const BatchEnd end = run.all(jobs, [this](std::size_t task) { progress(task); });
    merge();
    if (context_.json)
      context_.out << compact(to_json(end)) << "\n";
    else
      print();
    if (end.signal != 0) return 128 + end.signal;
    return all_fine() && merge_error_.empty() ? exit_code::kFine : exit_code::kFindings;
  }

 private:
  // What is wrong for every task is told once, before anything runs.
  Status check() const {
    TRY_STATUS(pod::level_from(args_.value_or("--level", "L3")));
    TRY(const pod::PodRequest request, pod_request(args_, context_, {"true"}));
    for (const auto& row : rows_) {
      const std::string names =
          row.wish.profile.empty() ? args_.value_or("--profile", "auto") : row.wish.profile;
      auto profile = pod_profile(args_, names, request.workspace, context_);
      Status fine = profile ? Status() : std::unexpected(profile.error());
      if (profile && !row.wish.limits.empty())
        fine = pod::apply_limits_text(row.wish.limits, profile->limits);
      if (fine) continue;
      Error error = fine.error();
      error.where = "task " + printable(row.id, 100) + (error.where.empty() ? "" : ", " + error.where);
      return std::unexpected(std::move(error));
    }
    return {};
  }

  int in_child(std::size_t task) {
    std::istream nothing(nullptr);
    Context context{nothing, std::cout, std::cerr, context_.places, false, context_.quiet, Style(false)};
    const int code = run_task(args_, context, find_, rows_[task], [&](const changes::BatchOutcome& outcome) {
      (void)batches_.write(batch_, task, outcome);
    });
    std::cerr << std::flush;
    return code;
  }

  void progress(std::size_t task) {
    ++ended_;
    if (context_.quiet || context_.json) return;
    const auto outcome = batches_.outcome(batch_, task);
    context_.err << fmt::format("[{}/{}] {}  {}  {:.1f} s{}\n", ended_, rows_.size(),
                                printable(rows_[task].id, 40), result_text(outcome),
                                static_cast<double>(outcome.took_ms) / 1000,
                                outcome.changed ? "  changed" : "")
                 << std::flush;
  }

  bool all_fine() const {
    for (std::size_t task = 0; task < rows_.size(); ++task) {
      const auto outcome = batches_.outcome(batch_, task);
      if (!outcome.ended || outcome.exit != 0 || !outcome.error.empty()) return false;
    }
    return true;
  }

  void merge() {
    const auto merged = changes::merged_pod(pods_, batches_, batch_);
    if (!merged) {
      // A batch that changed nothing has nothing to be merged.
      if (merged.error().code != ErrorCode::not_found) merge_error_ = merged.error().message();
      return;
    }
    const auto record = changes::read_merge_record(pods_, *merged);
    if (!record) {
      merge_error_ = record.error().message();
      return;
    }
    merged_ = merged->id;
    record_ = *record;
  }

  void print() {
    std::size_t width = 0;
    for (const auto& row : rows_)
      width = std::max(width, std::min<std::size_t>(printable(row.id, 40).size(), 40));
    for (std::size_t task = 0; task < rows_.size(); ++task) {
      const auto outcome = batches_.outcome(batch_, task);
      const bool fine = outcome.ended && outcome.exit == 0 && outcome.error.empty();
      const std::string said = result_text(outcome);
      context_.out << fmt::format(" {:<{}}  ", printable(rows_[task].id, 40), width)
                   << (fine ? said : context_.style.red(said))
                   << fmt::format("  {:.1f} s  ", static_cast<double>(outcome.took_ms) / 1000)
                   << (outcome.changed ? "changed" : "no changes") << "  "
                   << context_.style.dim(printable(rows_[task].command, kCommandShownMax)) << "\n";
    }
    if (context_.quiet) return;
    context_.out << "\noutput: " << printable(batches_.directory(batch_), 1000) << "/N.out, N.err\n";
    if (!merge_error_.empty()) context_.err << "weir: not merged: " << printable(merge_error_, 1000) << "\n";
    if (merged_.empty()) return;
    context_.out << fmt::format("{} of {} pods, {} in conflict between them\n",
                                counted_changes(record_.from.size()), record_.tasks.size(),
                                record_.conflicts.size())
                 << "weir diff --batch last, weir commit --batch last, weir discard --batch last\n";
  }

  Json to_json(const BatchEnd& end) const {
    Json tasks = Json::array();
    for (std::size_t task = 0; task < rows_.size(); ++task) {
      const auto outcome = batches_.outcome(batch_, task);
      Json json = Json::object({{"id", rows_[task].id},
                                {"command", rows_[task].command},
                                {"ran", outcome.ended},
                                {"exit", outcome.exit},
                                {"signal", outcome.signal},
                                {"ended_because", outcome.ended_because},
                                {"changed", outcome.changed},
                                {"took_ms", outcome.took_ms},
                                {"out", batches_.output_file(batch_, task)},
                                {"err", batches_.errors_file(batch_, task)}});
      if (!outcome.pod.empty()) json.set("pod", outcome.pod);
      if (!outcome.error.empty()) json.set("error", outcome.error);
      tasks.push(std::move(json));
    }
    Json json = Json::object({{"batch", batch_.id},
                              {"tasks", std::move(tasks)},
                              {"signal", end.signal},
                              {"changes", static_cast<std::int64_t>(record_.from.size())},
                              {"conflicts", static_cast<std::int64_t>(record_.conflicts.size())}});
    changes::set_path(json, "workspace", batch_.workspace);
    if (!merged_.empty()) json.set("merged", merged_);
    if (!merge_error_.empty()) json.set("error", merge_error_);
    return json;
  }

  const Args& args_;
  Context& context_;
  const PodFinds& find_;
  changes::PodStore pods_;
  changes::BatchStore batches_;
  std::vector<BatchRow> rows_;
  changes::Batch batch_;
  std::size_t ended_ = 0;
  std::string merged_;
  std::string merge_error_;
  changes::MergeRecord record_;
};

}  // namespace

CommandSpec pod_batch_command(PodFinds find) {
  std::vector<Option> options = {{"--jobs", "N", "this many pods at once; default: one for each processor"}};
  // Several pods cannot share a port, and what writes the workspace itself leaves nothing to merge.
  constexpr std::string_view kOfOne[] = {"--publish", "--direct", "--held"};
  for (auto& option : pod_options())
    if (std::ranges::find(kOfOne, option.name) == std::end(kOfOne)) options.push_back(std::move(option));
  return {.name = "pod batch",
          .summary = "Run many commands, each in a pod of its own, and review their changes as one",
          .description =
              "One task a line, from FILE or standard input: a command for the shell, or a row of JSON with "
              "\"command\" and, where wanted, \"id\", \"profile\" and \"limits\". With a command behind -- "
              "each line "
              "takes the place of {} in it. All pods begin with the workspace as it is; the options hold for "
              "each of "
              "them. Afterwards `weir diff --batch last` shows what all of them changed, merged. Exit 1 when "
              "a task "
              "failed. Ctrl-C ends all; what they changed until then can be reviewed.",
          .options = std::move(options),
          .positionals = {{"FILE", "the tasks; default: standard input (-)"}},
          .takes_rest = true,
          .examples = {{"weir pod batch tasks.txt", "every line of it, some at once"},
                       {"git ls-files '*.py' | weir pod batch -- ruff check --fix {}", "one file each"},
                       {"weir pod batch --jobs 4 --limits time=10m --json tasks.jsonl", "for a script"},
                       {"weir diff --batch last", "what they changed, together"}},
          .run = [find = std::move(find)](const Args& args, Context& context) {
            const auto code = Batch(args, context, find).run();
            return code ? *code : report(code.error(), context);
          }};
}

}  // namespace weir::cli
