// A direct workspace: what is written is on the host at once, and nothing of the catalogue changes.
#include "pod/direct_git.h"
#include "pod/direct_pod.h"

namespace weir::pod {
namespace {

using testing::HasSubstr;

class Direct : public DirectPod {};

TEST_F(Direct, WhatIsWrittenIsOnTheHostAtOnce) {
  put("old.txt", "before\n");
  const auto done = go(direct(
      "set -e; echo new > new.txt; echo after > old.txt; echo more >> old.txt; mkdir -p a/b; mv new.txt "
      "a/b/; "
      "ln a/b/new.txt a/hard; ln -s b/new.txt a/soft; chmod 600 a/hard; rm old.txt; rmdir a/c 2>/dev/null || "
      "true; touch -d @1000 a/b/new.txt; cp -a a copy"));
  ASSERT_TRUE(done);
  EXPECT_EQ(done->exit.code, 0);
  EXPECT_EQ(text("a/b/new.txt"), "new\n");
  EXPECT_EQ(text("copy/soft"), "new\n");
  EXPECT_FALSE(is_there("old.txt"));
  EXPECT_FALSE(is_there("new.txt"));
  struct stat info;
  ASSERT_EQ(::stat((workspace() + "/a/b/new.txt").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  EXPECT_EQ(info.st_nlink, 2U);
  EXPECT_EQ(info.st_mtim.tv_sec, 1000);
  EXPECT_EQ(done->direct.refused, 0U);
  EXPECT_GT(done->direct.changes, 8U);
}

TEST_F(Direct, WhatTheCatalogueHoldsStaysAsItIs) {
  put(".git/config", "[core]\n");
  put(".git/HEAD", "ref: refs/heads/main\n");
  put(".claude/settings.json", "{}\n");
  put("sub/Makefile", "all:\n");
  put("free.txt", "free\n");
  const std::string before = tree(workspace());
  // Each by another call or under another name; the pod's program goes on.
  EXPECT_EQ(refused(R"(
    echo x > .git/config; echo x >> .claude/settings.json; echo x > .claude/new.json; : > sub/Makefile
    mkdir -p .git/hooks; echo x > .git/hooks/pre-commit; rm -f sub/Makefile; mv sub/Makefile gone; mv .claude c
    mv sub s; ln .git/config alias; ln -s /etc/passwd out1; ln -s ../../.. out2; mv free.txt CLAUDE.md
    chmod 777 sub/Makefile; chmod 000 .claude; touch sub/Makefile; truncate -s 0 sub/Makefile; mkdir nested.git
    mkdir -p deep/er; mkdir deep/er/.git; ln -s x deep/er/.git; cp free.txt package.json; ln free.txt Makefile
    ln -s free.txt .envrc; mkdir a; echo x > a/tasks.json; mv a .vscode; rm -rf a deep nested.git; rmdir .git/hooks
  )"),
            ".claude .claude/new.json .claude/settings.json .envrc .git/config .git/hooks/pre-commit "
            ".vscode/tasks.json CLAUDE.md Makefile deep/er/.git out1 out2 package.json sub/Makefile");
  EXPECT_EQ(tree(workspace()), before);
}

// As Claude Code does it: a directory is opened, and what lies in it is named by way of the descriptor.
TEST_F(Direct, PathsBelowAnOpenDirectoryAreThoseOfTheDirectory) {
  put("sub/old.txt", "before\n");
  put(".git/config", "[core]\n");
  put("sub/inner/x", "");
  EXPECT_EQ(refused(R"(
    set -e
    exec 7<sub 8<. 9</tmp
    echo one > /proc/self/fd/7/new.txt; echo two > /proc/thread-self/fd/7/old.txt; echo three > /dev/fd/7//third.txt
    mv /proc/self/fd/7/new.txt /proc/self/fd/8/moved.txt; ln -s old.txt /proc/self/fd/7/soft; mkdir /proc/self/fd/7/made
    rm /proc/self/fd/7/inner/x; rmdir /proc/self/fd/7/inner; echo tmp > /proc/self/fd/9/elsewhere; test -s /tmp/elsewhere
    chmod 600 /proc/self/fd/7/../sub/old.txt
    set +e
    echo x > /proc/self/fd/8/.git/config; echo x > /proc/self/fd/7/../.git/config; mv /proc/self/fd/8/moved.txt /proc/self/fd/8/Makefile
    echo x > /proc/self/fd/7/../../outside/out; echo x > /proc/self/fd/7/old.txt/below; echo x > /proc/self/fd/99/none
    true
  )"),
            ".git/config Makefile");
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(text("moved.txt"), "one\n");
  EXPECT_EQ(text("sub/old.txt"), "two\n");
  EXPECT_EQ(text("sub/third.txt"), "three\n");
  EXPECT_TRUE(is_there("sub/soft"));
  EXPECT_TRUE(is_there("sub/made"));
  EXPECT_FALSE(is_there("sub/inner"));
  EXPECT_EQ(text(".git/config"), "[core]\n");
  EXPECT_TRUE(os::list_dir(top() + "/outside").empty());
}

TEST_F(Direct, WhatIsNamedMayBeChangedAndNothingElse) {
  put("app/package.json", "{}\n");
  put("package.json", "{}\n");
  EXPECT_EQ(
      refused("echo 1 > app/package.json; echo 2 > package.json; mkdir app/.git && mv app app2", {"app"}),
      "app2/.git package.json");
  EXPECT_EQ(text("app/package.json"), "1\n");
  EXPECT_EQ(text("package.json"), "{}\n");
  EXPECT_EQ(refused("mv app app2; git init -q -b main .; test -f .git/config", {""}), "");
  EXPECT_EQ(code_, 0);
}

TEST_F(Direct, WhatALinkLeadsToCountsByTheLinksName) {
  put("docs/v1/agents.md", "be kind\n");
  put("conf/settings.json", "{}\n");
  put("tools/hooks/pre-commit", "#!/bin/sh\n");
  put(".git/config", "[core]\n\thooksPath = tools/hooks\n");
  const auto link = [&](const char* target, const char* at) {
    ASSERT_EQ(::symlink(target, (workspace() + "/" + at).c_str()), 0);
  };
  link("v1", "docs/now");
  link("docs/now/agents.md", "CLAUDE.md");
  link("conf", ".claude");
  const std::string before = tree(workspace());
  EXPECT_EQ(
      refused("echo x > docs/v1/agents.md; echo x > CLAUDE.md; rm docs/now; mv docs d; mv docs/v1 docs/v2;"
              "ln -sfn v2 docs/now; echo x > conf/new.json; mv conf c; rm CLAUDE.md; echo x > tools/hooks/x;"
              "mv tools/hooks tools/h; mv tools t; echo x > .claude/y"),
      "CLAUDE.md conf conf/new.json conf/y docs docs/now docs/v1 docs/v1/agents.md tools "
      "tools/hooks tools/hooks/x");
  EXPECT_EQ(tree(workspace()), before);
}

TEST_F(Direct, AFileOfSeveralNamesIsWrittenWhenNoneIsHeld) {
  put(".envrc", "export A=1\n");
  put("one.txt", "1\n");
  write(top() + "/outside/theirs", "theirs\n");
  ASSERT_EQ(::link((workspace() + "/.envrc").c_str(), (workspace() + "/notes.txt").c_str()), 0);
  ASSERT_EQ(::link((workspace() + "/one.txt").c_str(), (workspace() + "/two.txt").c_str()), 0);
  ASSERT_EQ(::link((top() + "/outside/theirs").c_str(), (workspace() + "/mine.txt").c_str()), 0);
  EXPECT_EQ(refused("echo x > notes.txt; echo x > mine.txt; chmod 777 notes.txt; truncate -s 0 notes.txt;"
                    "echo 2 > one.txt; ln one.txt three.txt; echo 3 >> three.txt; ln notes.txt other"),
            ".envrc mine.txt");
  EXPECT_EQ(text(".envrc"), "export A=1\n");
  EXPECT_EQ(text("mine.txt"), "theirs\n");
  EXPECT_EQ(text("two.txt"), "2\n3\n");
  EXPECT_FALSE(is_there("other"));
}

// Whatever is tried with it: a handed in descriptor is one file's.
constexpr const char* kClimb = R"(
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def told(what, call):
    try:
        result = call()
    except OSError as error:
        print(what, error.strerror)
    else:
        print(what, result)
def c(*arguments):
    if libc.syscall(*arguments) < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
fd = os.open('free', os.O_WRONLY | os.O_CREAT)
path = f'/proc/self/fd/{fd}'
told('up', lambda: os.open('..', os.O_RDONLY, dir_fd=fd))
told('up by name', lambda: os.listdir(path + '/..'))
told('anew', lambda: os.close(os.open(path, os.O_RDWR)))
told('bits', lambda: os.fchmod(fd, 0o4755))
told('bits by name', lambda: os.chmod(path, 0o2755))
told('wide bits', lambda: c(91, fd, (1 << 32) | 0o4755))
told('link', lambda: os.link(path, '.envrc', follow_symlinks=True))
told('link here', lambda: os.link(path, '/tmp/here', follow_symlinks=True))
told('empty link', lambda: c(265, fd, b'', -100, b'.envrc', 0x1000))
told('rename', lambda: os.rename(path, '.envrc'))
told('owner', lambda: os.fchown(fd, 12345, -1))
told('mode', lambda: os.fchmod(fd, 0o755))
os.write(fd, b'written')
)";

TEST_F(Direct, AHandedInDescriptorLeadsNowhereElse) {
  ASSERT_TRUE(go(python(kClimb)));
  EXPECT_EQ(text("out"),
            "up Not a directory\nup by name Not a directory\nanew None\n"
            "bits Operation not permitted\nbits by name Operation not permitted\n"
            "wide bits Operation not permitted\nlink Read-only file system\n"
            "link here Invalid cross-device link\nempty link No such file or directory\n"
            "rename Invalid cross-device link\nowner Operation not permitted\nmode None\n");
  struct stat info;
  ASSERT_EQ(::stat((workspace() + "/free").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755U);
  EXPECT_EQ(text("free"), "written");
}

// Another thread exchanges what the call is about, all the time: the path in memory, the directory's
// descriptor, the working directory.
constexpr const char* kExchange = R"(
import ctypes, os, threading
libc = ctypes.CDLL(None, use_errno=True)
os.makedirs('free', exist_ok=True)
stop = False
names = (b'free/ok.json\0\0\0\0\0\0\0\0\0', b'.claude/settings.json')
path = ctypes.create_string_buffer(names[0], 32)
dirs = [os.open(name, os.O_RDONLY) for name in ('free', '.claude')]
at = os.dup(dirs[0])
def exchange():
    while not stop:
        for name in names: ctypes.memmove(path, name, len(name))
        for one in dirs: os.dup2(one, at)
thread = threading.Thread(target=exchange)
thread.start()
done = [0, 0]
O = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
for number in range(6000):
    if number % 3 == 0:
        fd = libc.open(path, O, 0o644)
    elif number % 3 == 1:
        fd = libc.openat(at, b'settings.json', O, 0o644)
    else:
        fd = -1
        done[libc.rename(path, b'free/moved') == 0] += 1
        libc.unlinkat(at, b'settings.json', 0)
        libc.fchmodat(at, b'settings.json', 0o777, 0)
        libc.linkat(at, b'settings.json', -100, b'free/linked%d' % number, 0)
    if fd >= 0:
        os.write(fd, b'attack')
        os.close(fd)
    done[fd >= 0] += 1
stop = True
thread.join()
print('refused and done' if min(done) > 100 else done)
)";

TEST_F(Direct, ExchangingArgumentsChangesNothingThatIsHeld) {
  put(".claude/settings.json", "{}\n");
  ASSERT_TRUE(go(python(kExchange)));
  EXPECT_EQ(text("out"), "refused and done\n");
  EXPECT_EQ(text(".claude/settings.json"), "{}\n");
  struct stat info;
  ASSERT_EQ(::stat((workspace() + "/.claude/settings.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 1U);
  EXPECT_NE(info.st_mode & 0777, 0777U);
}

// A directory goes to and fro, under another's name and back, while files are made by its names.
constexpr const char* kRename = R"(
import os, threading
os.makedirs('a/deep'); os.makedirs('b/.claude.not'); os.makedirs('c')
stop = False
def write():
    while not stop:
        for path in ('a/deep/settings.json', 'c/x', 'a/.claude/settings.json', '.claude/settings.json', 'a/../.claude/y'):
            try:
                with open(path, 'w') as file: file.write('attack')
            except OSError: pass
threads = [threading.Thread(target=write) for _ in range(2)]
for thread in threads: thread.start()
refused = done = 0
for number in range(5000):
    for old, new in (('a', 'a2'), ('a2', 'a')) if number % 10 else (('a/deep', 'a/.claude'), ('c', '.claude')):
        try: os.rename(old, new); done += 1
        except OSError: refused += 1
stop = True
for thread in threads: thread.join()
print('both' if done > 1000 and refused > 100 else (done, refused))
)";

TEST_F(Direct, RenamedParentsBringNothingToAHeldName) {
  put(".claude/settings.json", "{}\n");
  const auto done = go(python(kRename));
  ASSERT_TRUE(done);
  EXPECT_EQ(text("out"), "both\n");
  EXPECT_EQ(text(".claude/settings.json"), "{}\n");
  EXPECT_FALSE(is_there(".claude/y"));
  EXPECT_FALSE(is_there("a/.claude/settings.json"));
  EXPECT_GT(done->direct.changes, 1000U);
}

// Programs that make sure, one way or the other, that a path is what they think.
TEST_F(Direct, OddNamesAndDeepPathsAreCleanlyAnswered) {
  ASSERT_EQ(::mkfifo((workspace() + "/pipe").c_str(), 0666), 0);
  const auto done = go(python(R"(
import os, socket
def told(what, call):
    try: call()
    except OSError as error: print(what, error.strerror)
    else: print(what, 'done')
told('newline', lambda: open('a\nb', 'w'))
told('255 bytes', lambda: open('n' * 255, 'w'))
told('256 bytes', lambda: open('n' * 256, 'w'))
# With the directory's own it is longer than a path may be.
told('4095 bytes', lambda: open('./' * 2046 + 'end', 'w'))
told('4096 bytes', lambda: open('./' * 2048 + 'end', 'w'))
told('no utf-8', lambda: open(b'\xff\xfe', 'w'))
told('nothing', lambda: open('', 'w'))
told('a directory', lambda: os.open('.', os.O_WRONLY))
told('slash', lambda: open('new/', 'w'))
told('no file', lambda: os.open('.', os.O_RDWR | os.O_TMPFILE))
told('not there', lambda: open('none/x', 'w'))
told('only new', lambda: os.open('out', os.O_WRONLY | os.O_CREAT | os.O_EXCL))
told('pipe', lambda: os.open('pipe', os.O_WRONLY | os.O_NONBLOCK))
told('a pipe more', lambda: os.mkfifo('more'))
told('a socket', lambda: socket.socket(socket.AF_UNIX).bind('sock'))
told('over itself', lambda: os.rename('a\nb', 'a\nb'))
told('to another mount', lambda: os.rename('a\nb', '/tmp/x'))
told('from another mount', lambda: (open('/tmp/y', 'w'), os.rename('/tmp/y', 'y')))
told('link from another mount', lambda: os.link('/tmp/y', 'y'))
told('into itself', lambda: (os.mkdir('d'), os.rename('d', 'd/d')))
told('full', lambda: (os.mkdir('f'), open('f/x', 'w'), os.rmdir('f')))
top = os.getcwd()
depth = 0
try:
    for depth in range(5000): os.mkdir('d' * 10); os.chdir('d' * 10)
except OSError as error: print('deep', error.strerror, 300 < depth < 400)
os.chdir(top)
os.rename('d' * 10, 'e')
told('gone', lambda: (os.mkdir('g'), os.chdir('g'), os.rmdir('../g'), open('x', 'w')))
)"));
  ASSERT_TRUE(done);
  EXPECT_EQ(
      text("out"),
      "newline done\n255 bytes done\n256 bytes File name too long\n4095 bytes Read-only file system\n4096 "
      "bytes File name too "
      "long\nno utf-8 done\nnothing No such file or directory\na directory Is a directory\nslash Is a "
      "directory\nno file Operation not supported\nnot there No such file or directory\nonly new File "
      "exists\npipe No such device or address\na pipe more Read-only file system\na socket Read-only file "
      "system\n"
      "over itself done\nto another mount Invalid cross-device link\nfrom another mount Invalid cross-device "
      "link\nlink from another mount Invalid cross-device link\ninto itself Invalid argument\nfull Directory "
      "not empty\ndeep Read-only file system True\ngone No such file or directory\n");
  EXPECT_TRUE(is_there("a\nb"));
}

TEST_F(Direct, ModesFollowTheUmaskAndPermissionsThatTheProgramHas) {
  put("closed/inside.txt", "x\n");
  put("read.txt", "r\n");
  ASSERT_EQ(::chmod((workspace() + "/closed").c_str(), 0555), 0);
  ASSERT_EQ(::chmod((workspace() + "/read.txt").c_str(), 0444), 0);
  EXPECT_EQ(
      refused("umask 027; touch made; mkdir dir; echo x > closed/new; echo x > read.txt; test -w read.txt || "
              "echo no >> made; test -w made && echo yes >> made; rm closed/inside.txt"),
      "");
  struct stat info;
  ASSERT_EQ(::stat((workspace() + "/made").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640U);
  ASSERT_EQ(::stat((workspace() + "/dir").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0750U);
  EXPECT_EQ(text("made"), "no\nyes\n");
  EXPECT_EQ(text("read.txt"), "r\n");
  EXPECT_FALSE(is_there("closed/new"));
  EXPECT_TRUE(is_there("closed/inside.txt"));
}

TEST_F(Direct, NoSecondWayLeadsPastTheCatalogue) {
  put("sub/x", "");
  for (const std::string& bound : {workspace() + "/sub", top()}) {
    PodSpec spec = direct("true");
    spec.mounts.push_back({.kind = PodMount::Kind::writable, .at = "/bound", .source = bound});
    const auto plan = plan_pod(spec);
    ASSERT_FALSE(plan) << bound;
    EXPECT_THAT(plan.error().message(), HasSubstr("past the catalogue"));
  }
  PodSpec unsupervised = direct("true");
  unsupervised.supervised = false;
  EXPECT_FALSE(plan_pod(unsupervised));
  const auto plan = plan_pod(direct("true"));
  ASSERT_TRUE(plan);
  EXPECT_FALSE(launch_pod(*plan, {}));  // no catalogue
  ASSERT_THAT(plan->weaknesses, testing::Not(testing::IsEmpty()));
  EXPECT_THAT(plan->weaknesses.back(), HasSubstr("but for held files"));
}

// Programs make the directories that are missing, each thread its own and all the same ones.
TEST_F(Direct, WhatIsMissingIsMissingUntilItIsThere) {
  const auto done = go(python(R"(
import os, shutil, threading
wrong = []
def make(number):
    for turn in range(100):
        for call in (lambda: os.mkdir(f'top/{turn}/{number}'), lambda: open(f'top/{turn}/file{number}', 'w').close(),
                     lambda: os.symlink('x', f'top/{turn}/link{number}'), lambda: os.close(os.open(f'top/{turn}/same', os.O_RDONLY | os.O_CREAT)),
                     lambda: os.mkdir(f'top/{turn}'), lambda: os.mkdir('top')):
            try: call()
            except (FileNotFoundError, FileExistsError): pass
            except OSError as error: wrong.append(str(error))
threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong[:3])
)"));
  ASSERT_TRUE(done);
  EXPECT_EQ(text("out"), "[]\n");
}

TEST_F(Direct, WhatCommitsBringIsToldAtTheEnd) {
  const std::string git = "git -c user.name=x -c user.email=x ";
  const auto outside = os::run_child(
      {.argv = {"sh", "-c",
                git + "init -q . && echo 1 > CLAUDE.md && " + git + "add . && " + git + "commit -qm one"},
       .cwd = workspace()});
  ASSERT_TRUE(outside && outside->exit.code == 0);
  const auto before = GitState::of(workspace());
  ASSERT_TRUE(before && *before);
  // Without ever writing such a file.
  EXPECT_EQ(
      refused(
          "set -e; echo free > free.txt; h=$(echo evil | git hash-object -w --stdin); git update-index --add "
          "--cacheinfo 100644,$h,.mcp.json; " +
          git + "commit -qm two; git update-index --add --cacheinfo 100644,$h,sub/.envrc"),
      "");
  EXPECT_EQ(code_, 0);
  const auto carried = carried_since(**before, catalogue());
  ASSERT_TRUE(carried) << carried.error().message();
  ASSERT_EQ(carried->size(), 2U);
  EXPECT_EQ((*carried)[0].path, ".mcp.json");
  EXPECT_EQ((*carried)[0].reason.id, "mcp");
  EXPECT_EQ((*carried)[1].path, "sub/.envrc");
  EXPECT_FALSE(is_there(".mcp.json"));
  // What was there before is not the pod's.
  const auto later = GitState::of(workspace());
  ASSERT_TRUE(later && *later);
  const auto none = carried_since(**later, catalogue());
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

}  // namespace
}  // namespace weir::pod
