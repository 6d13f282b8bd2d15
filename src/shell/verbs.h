// The verbs of effects: what an action does. Dotted, fixed here; policies, catalogues and the record use
// exactly these strings. verb_named() turns text from a catalogue into one of them.
#pragma once

#include <string_view>

namespace weir::shell::verbs {

inline constexpr std::string_view kShellExec = "shell.exec";    // resource: program
inline constexpr std::string_view kFileRead = "file.read";      // resource: path
inline constexpr std::string_view kFileWrite = "file.write";    // path
inline constexpr std::string_view kFileDelete = "file.delete";  // path
inline constexpr std::string_view kFileChmod = "file.chmod";    // path
inline constexpr std::string_view kFileMove = "file.move";      // path that leaves its place for another
inline constexpr std::string_view kNetConnect = "net.connect";  // host[:port]
inline constexpr std::string_view kNetListen = "net.listen";    // port or address
inline constexpr std::string_view kNetCapture = "net.capture";  // interface whose traffic is recorded
inline constexpr std::string_view kSecretRead =
    "secret.read";  // what is asked for: a keychain, a vault's entry
inline constexpr std::string_view kProcTrace = "proc.trace";      // process that is looked into or changed
inline constexpr std::string_view kPrivElevate = "priv.elevate";  // the user one becomes
inline constexpr std::string_view kPkgInstall = "pkg.install";    // package
inline constexpr std::string_view kVcsPush = "vcs.push";          // remote/branch
inline constexpr std::string_view kVcsRewrite = "vcs.rewrite";    // what is lost: branch, stash, working tree
inline constexpr std::string_view kInfraCreate = "infra.create";  // named resource
inline constexpr std::string_view kInfraChange = "infra.change";  // named resource
inline constexpr std::string_view kInfraDelete = "infra.delete";  // named resource
inline constexpr std::string_view kDbRead = "db.read";            // table or database
inline constexpr std::string_view kDbWrite = "db.write";          // table or database
inline constexpr std::string_view kDbDelete = "db.delete";        // table or database
inline constexpr std::string_view kContainerRun = "container.run";        // image or container
inline constexpr std::string_view kServiceChange = "service.change";      // service, or what of the host
inline constexpr std::string_view kProcKill = "proc.kill";                // process id or name
inline constexpr std::string_view kAgentSpawn = "agent.spawn";            // agent
inline constexpr std::string_view kGuardDisable = "guard.disable";        // what of Weir
inline constexpr std::string_view kPersistSchedule = "persist.schedule";  // schedule
inline constexpr std::string_view kCodeRunRemote = "code.run_remote";     // URL, or what is known of it
inline constexpr std::string_view kShellRemote = "shell.remote";          // peer

inline constexpr std::string_view kAll[] = {
    kShellExec,  kFileRead,     kFileWrite,       kFileDelete,    kFileChmod,     kFileMove,
    kNetConnect, kNetListen,    kNetCapture,      kSecretRead,    kProcTrace,     kPrivElevate,
    kPkgInstall, kVcsPush,      kVcsRewrite,      kInfraCreate,   kInfraChange,   kInfraDelete,
    kDbRead,     kDbWrite,      kDbDelete,        kContainerRun,  kServiceChange, kProcKill,
    kAgentSpawn, kGuardDisable, kPersistSchedule, kCodeRunRemote, kShellRemote};

// The same verb as a lasting view, or "" for an unknown one.
constexpr std::string_view verb_named(std::string_view text) {
  for (const std::string_view verb : kAll)
    if (verb == text) return verb;
  return {};
}

}  // namespace weir::shell::verbs
