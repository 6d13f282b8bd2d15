// A direct workspace: the pod's programs write the host's own files, and what the catalogue of held files
// names stays as it is (docs/pod.md, Direct).
//
// In the pod the workspace is a read-only mount: nothing that runs there can change it by itself, whatever it
// does to its memory. A system call that would change files by name waits for the supervisor. Leads its path
// into the workspace, the call is done *here*, on the host's side, after the catalogue was asked about the
// very name that it is then done at; anything else goes on by itself, and meets a read-only mount should it
// lead into the workspace after all. So a call that we cannot follow, or whose path changes after we have
// copied it, is refused by the kernel and never done wrongly.
//
//   what a program gets   descriptors of regular files that are not held, no directory, opened anew for it;
//                         which name the file has later is for the calls here to decide, one after another
//   never                 set-user-ID and set-group-ID bits (the filter refuses them), devices, pipes,
//   sockets
//
// Everything is done with this user's rights and no capability: what the program itself could not do with a
// writable workspace is not done for it. Served by one thread, so between judging and acting nothing from the
// pod changes; the host may, and then a call answers an error. Inside the room only.
#pragma once

#include <sys/types.h>

#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/fd.h"
#include "pod/direct_call.h"
#include "pod/direct_judge.h"
#include "pod/direct_places.h"
#include "pod/direct_report.h"
#include "pod/notification.h"
#include "pod/process_view.h"

namespace weir::pod {

class Direct {
 public:
  // `root`: of the pod, opened with O_PATH. The plan has one mount of kind `direct`. Errors: those of opening
  // the workspace on either side.
  static Result<std::unique_ptr<Direct>> create(int root, const PodPlan& plan, const DirectRules& rules);

  // Does or refuses what this call asks for. False: no call about files; nobody has answered it.
  bool serve(const Notification& notification, const Notifications& notifications);
  const DirectReport& report() const { return report_; }

 private:
  // What becomes of a call.
  struct Outcome {
    bool goes_on = true;
    int error_number = 0;  // 0: done
    os::Fd fd;             // the call's result, when it opened a file
    bool close_on_exec = false;
  };
  struct Asked {
    const Notification& notification;
    const FileCall& call;
    DirectPlace place;
    DirectPlace other;  // of a call with two paths
    std::string text;   // the second path, or a link's target
    std::array<timespec, 2> times{};
  };

  Direct(DirectPlaces places, DirectJudge judge) : places_(std::move(places)), judge_(std::move(judge)) {}
  Outcome decide(const Notification& notification, const FileCall& call, const Notifications& notifications);
  Outcome act(Asked& asked);
  Outcome act_on_two(Asked& asked);
  Outcome open(Asked& asked);
  Outcome create_file(Asked& asked);
  Outcome open_existing(Asked& asked);
  Outcome make_directory(Asked& asked);
  Outcome make_file(Asked& asked);
  Outcome remove(Asked& asked);
  Outcome make_link(Asked& asked);
  Outcome rename(Asked& asked);
  Outcome hard_link(Asked& asked);
  Outcome truncate(Asked& asked);
  Outcome set_mode(Asked& asked);
  Outcome set_owner(Asked& asked);
  Outcome set_times(Asked& asked);
  Outcome access(const Asked& asked);
  // True when it is refused, and then in the report.
  bool refuses(const std::optional<Held>& held);
  static Outcome error(int error_number);  // 0: done
  Outcome done(int result);

  DirectPlaces places_;
  DirectJudge judge_;
  DirectReport report_;
};

}  // namespace weir::pod
