// A supervised pod with real programs: what the supervisor is told of them, and where their connections lead.
#include "pod/supervisor.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

#include <set>

#include "pod/supervised_pod.h"

namespace weir::pod {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDial =
    "import socket, sys\n"
    "def dial(host, port, family=socket.AF_INET):\n"
    "  s = socket.socket(family)\n"
    "  try:\n"
    "    s.connect((host, port)); print(host, port, 'connected', flush=True)\n"
    "  except OSError as e: print(host, port, e.strerror, flush=True)\n"
    "  return s\n";

class Supervised : public SupervisedPod {};

TEST_F(Supervised, ProgramsAreToldWithTheirArguments) {
  const auto done = go(supervised("/bin/true one 'two words'; cd /tmp && no-such-program"));
  ASSERT_TRUE(done);
  ASSERT_EQ(execs_.size(), 2U);
  EXPECT_EQ(execs_[0].program, "/usr/bin/sh");
  EXPECT_EQ(execs_[0].argv[0], "sh");
  EXPECT_THAT(execs_[0].parents, IsEmpty());
  EXPECT_FALSE(execs_[0].orphan);
  EXPECT_EQ(execs_[0].cwd, workspace());
  EXPECT_THAT(execs_[1].argv, ElementsAre("/bin/true", "one", "two words"));
  EXPECT_EQ(chain(execs_[1]), "true < sh");
  EXPECT_NE(execs_[1].pid, execs_[0].pid);
  EXPECT_EQ(done->supervised.programs, 2U);
}

TEST_F(Supervised, AProgramThatBecomesOthersAppearsWithItsFirst) {
  ASSERT_TRUE(go(supervised("cd /tmp; sh -c 'exec env env ./../bin/true'; :")));
  ASSERT_EQ(execs_.size(), 5U);
  EXPECT_EQ(chain(execs_[1]), "sh < sh");
  EXPECT_EQ(chain(execs_[2]), "env < sh < sh");
  EXPECT_EQ(execs_[2].pid, execs_[1].pid);
  // Of many in a row those in between are not needed to know whose child this is.
  EXPECT_EQ(chain(execs_[3]), "env < sh < sh");
  EXPECT_EQ(chain(execs_[4]), "true < sh < sh");
  EXPECT_EQ(execs_[4].program, "/tmp/../bin/true");
}

// Forked twice, in a session of its own, its parent gone: /proc says that the pod's first process is its
// parent.
constexpr const char* kDetach =
    "import os, time\n"
    "if os.fork() == 0:\n"
    "  os.setsid()\n"
    "  if os.fork() != 0: os._exit(0)\n"
    "  while os.getppid() != 1: time.sleep(0.01)\n"
    "  os.execv('/bin/sh', ['sh', '-c', '/bin/true; touch done'])\n"
    "os.wait()\n"
    "while not os.path.exists('done'): time.sleep(0.01)\n";

TEST_F(Supervised, WhoDetachedItselfKeepsItsChain) {
  ASSERT_TRUE(go(python(kDetach)));
  const auto* late = exec_of("/true");
  ASSERT_NE(late, nullptr);
  EXPECT_EQ(chain(*late), "true < sh < python3 < sh");
  EXPECT_EQ(late->parents[1]->argv[1], "script.py");
}

// Ways to start a program that has no name, or another one for whoever looks from outside.
TEST_F(Supervised, NoWayToStartAProgramIsHidden) {
  ASSERT_TRUE(go(python(
      "import os, shutil\n"
      "os.symlink('/proc/self/root/bin/true', 'link')\n"
      "m = os.memfd_create('m'); os.write(m, open('/bin/true', 'rb').read())\n"
      "f = os.open('/bin/true', os.O_RDONLY); os.set_inheritable(f, True)\n"
      "for what in ('/proc/self/root/bin/true', './link', f, m, '/proc/self/fd/%d' % f, '/none/true'):\n"
      "  if os.fork() == 0:\n"
      "    try: os.execve(what, ['true', str(what)], {})\n"
      "    except OSError as e: print(e.strerror, flush=True); os._exit(1)\n"
      "  os.wait()\n")));
  EXPECT_EQ(wrote("out"), "No such file or directory\n");
  std::vector<std::string> told;
  for (std::size_t i = 2; i < execs_.size(); ++i)
    told.push_back(execs_[i].argv[1]);
  ASSERT_EQ(told.size(), 5U);
  EXPECT_EQ(told[0], "/proc/self/root/bin/true");
  EXPECT_EQ(told[1], "./link");
  EXPECT_THAT(execs_[5].program, HasSubstr("memfd:m"));
}

TEST_F(Supervised, AProcessWhoseFirstThreadHasEndedIsSeen) {
  ASSERT_TRUE(go(python(kDial + std::string("import ctypes, os, threading, time\n"
                                            "def late():\n"
                                            "  time.sleep(0.2); dial('203.0.113.7', 443); os._exit(0)\n"
                                            "threading.Thread(target=late).start()\n"
                                            "ctypes.CDLL(None).syscall(60, 0)\n"))));
  ASSERT_EQ(connects_.size(), 1U);
  EXPECT_THAT(connects_[0].process.program, HasSubstr("/python3"));
  EXPECT_THAT(connects_[0].process.argv, ElementsAre("python3", "script.py"));
  EXPECT_EQ(chain(connects_[0].process).substr(0, 7), "python3");
  EXPECT_FALSE(connects_[0].process.orphan);
}

TEST_F(Supervised, MarksCannotBeChanged) {
  const auto done =
      go(python("import resource\n"
                "for limits in ((5000000, 5000000), (0, 0)):\n"
                "  try: resource.setrlimit(resource.RLIMIT_RTTIME, limits)\n"
                "  except (OSError, ValueError) as e: print('refused')\n"
                "  try: resource.prlimit(0, resource.RLIMIT_RTTIME, limits)\n"
                "  except OSError as e: print('refused')\n"
                "resource.prlimit(0, resource.RLIMIT_NOFILE, (100, 100))\n"
                "print(len(resource.prlimit(0, resource.RLIMIT_RTTIME)))\n"));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "refused\nrefused\nrefused\nrefused\n2\n");
}

TEST_F(Supervised, AConnectionIsDecidedMadeAndMadeKnown) {
  const auto done = go(python(kDial + std::string("s = dial('203.0.113.7', 443)\n")));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "203.0.113.7 443 connected\n");
  ASSERT_EQ(connects_.size(), 1U);
  const ConnectCall& call = connects_[0];
  EXPECT_EQ(call.address, "203.0.113.7");
  EXPECT_EQ(call.port, 443);
  EXPECT_EQ(call.host, "");
  EXPECT_EQ(call.how, ConnectCall::How::direct);
  EXPECT_THAT(call.process.program, HasSubstr("/usr/bin/python3."));
  EXPECT_THAT(call.process.argv, ElementsAre("python3", "script.py"));
  EXPECT_EQ(call.process.cwd, workspace());
  ASSERT_EQ(call.process.parents.size(), 1U);
  EXPECT_EQ(call.process.parents[0]->program, "/usr/bin/sh");
  ASSERT_EQ(way_out_.made_known().size(), 1U);
  const LetOut& known = way_out_.made_known()[0];
  EXPECT_EQ(known.call, call.id);
  EXPECT_EQ(known.destination, "203.0.113.7");
  EXPECT_EQ(known.destination_port, 443);
  // What arrived is what was made known.
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  const os::Fd arrived(::accept(listeners_[0].get(), reinterpret_cast<sockaddr*>(&peer), &size));
  ASSERT_TRUE(arrived);
  EXPECT_EQ(ntohs(peer.sin_port), known.source_port);
  EXPECT_EQ(done->supervised.connections, 1U);
  EXPECT_EQ(done->supervised.refused, 0U);
}

TEST_F(Supervised, ARefusedConnectionIsNotMade) {
  PodOptions options;
  options.supervise.decide = [](const ConnectCall& call) {
    return call.address == "203.0.113.8" ? ConnectVerdict::refuse(ECONNREFUSED) : ConnectVerdict::refuse();
  };
  const auto done = go(python(kDial + std::string("dial('203.0.113.7', 443)\ndial('203.0.113.8', 443)\n"
                                                  "dial('203.0.113.9', 4444)\n")),
                       std::move(options));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"),
            "203.0.113.7 443 Permission denied\n203.0.113.8 443 Connection refused\n"
            "203.0.113.9 4444 Permission denied\n");
  EXPECT_THAT(way_out_.made_known(), IsEmpty());
  EXPECT_LT(::accept(listeners_[0].get(), nullptr, nullptr), 0);
  EXPECT_EQ(done->supervised.refused, 3U);
}

TEST_F(Supervised, IPv6AndMappedAddresses) {
  ASSERT_TRUE(go(python(kDial + std::string("dial('2001:db8::1', 443, socket.AF_INET6)\n"
                                            "dial('::ffff:203.0.113.7', 443, socket.AF_INET6)\n"
                                            "dial('::', 443, socket.AF_INET6)\n"))));
  ASSERT_EQ(connects_.size(), 3U);
  EXPECT_EQ(connects_[0].address, "2001:db8::1");
  EXPECT_EQ(connects_[1].address, "203.0.113.7");
  EXPECT_EQ(connects_[2].address, "::1");
  ASSERT_EQ(way_out_.made_known().size(), 3U);
  EXPECT_EQ(way_out_.made_known()[1].destination, "203.0.113.7");
  EXPECT_THAT(way_out_.made_known()[1].source, testing::Not(HasSubstr(":")));
  EXPECT_EQ(way_out_.made_known()[2].destination, "::1");
}

// The kernel sends "any address" to where the socket is bound, and in a pod it may be bound to any.
TEST_F(Supervised, AnyAddressIsMadeKnownAsItWasDecided) {
  ASSERT_TRUE(
      go(python("import socket\n"
                "s = socket.socket(); s.bind(('203.0.113.66', 0)); s.connect(('0.0.0.0', 443))\n"
                "print(s.getpeername()[0])\n"
                "s = socket.socket(); s.connect(('0.0.0.0', 443)); print(s.getpeername()[0])\n")));
  EXPECT_EQ(wrote("out"), "203.0.113.66\n127.0.0.1\n");
  ASSERT_EQ(connects_.size(), 2U);
  EXPECT_EQ(connects_[0].address, "127.0.0.1");
  ASSERT_EQ(way_out_.made_known().size(), 2U);
  for (const auto& known : way_out_.made_known())
    EXPECT_EQ(known.destination, "127.0.0.1");
}

TEST_F(Supervised, AnAddressHasTheNameThatWasToldForIt) {
  way_out_.say_soon(WayOut::Named{"198.18.0.1", "a.example"});
  ASSERT_TRUE(go(python(kDial + std::string("dial('198.18.0.1', 443)\ndial('198.18.0.2', 443)\n"))));
  ASSERT_EQ(connects_.size(), 2U);
  EXPECT_EQ(connects_[0].host, "a.example");
  EXPECT_EQ(connects_[1].host, "");
}

// The destination is said on the connection: whoever made it is asked about then.
TEST_F(Supervised, ProxiesAskAboutTheProcessThatConnected) {
  way_out_.on_let_out = [&](const LetOut& known) {
    way_out_.say_soon(WayOut::Asked{7, known.call, ConnectCall::How::proxy, "b.example", 443});
    way_out_.say_soon(WayOut::Asked{8, known.call, ConnectCall::How::socks, "192.0.2.1", 22});
    way_out_.say_soon(WayOut::Asked{9, known.call + 1000, ConnectCall::How::proxy, "c.example", 443});
    way_out_.say_soon(WayOut::Ended{known.call});
    way_out_.say_soon(WayOut::Asked{10, known.call, ConnectCall::How::proxy, "d.example", 443});
  };
  PodOptions options;
  options.supervise.decide = [](const ConnectCall& call) {
    return call.host == "b.example" ? ConnectVerdict::allow() : ConnectVerdict::refuse();
  };
  ASSERT_TRUE(go(python(kDial + std::string("dial('127.0.0.1', 3128)\nimport time; time.sleep(0.3)\n")),
                 std::move(options)));
  EXPECT_EQ(wrote("out"), "127.0.0.1 3128 connected\n");
  ASSERT_EQ(connects_.size(), 2U);
  EXPECT_EQ(connects_[0].host, "b.example");
  EXPECT_EQ(connects_[0].how, ConnectCall::How::proxy);
  EXPECT_THAT(connects_[0].process.argv, ElementsAre("python3", "script.py"));
  EXPECT_EQ(connects_[1].address, "192.0.2.1");
  EXPECT_EQ(connects_[1].how, ConnectCall::How::socks);
  EXPECT_THAT(way_out_.answers(), ElementsAre(std::pair(7U, true), std::pair(8U, false), std::pair(9U, false),
                                              std::pair(10U, false)));
}

TEST_F(Supervised, AnAnswerMayComeLater) {
  PodOptions options;
  std::vector<std::uint64_t> held;
  options.tick_ms = 20;
  options.supervise.decide = [&](const ConnectCall& call) {
    held.push_back(call.id);
    return ConnectVerdict::later();
  };
  // The second connection is answered first, and programs run while both wait.
  options.on_tick = [&](PodControl& pod) {
    if (held.size() < 2 || exec_of("/true") == nullptr) return;
    EXPECT_TRUE(pod.answer(held[1], ConnectVerdict::refuse(EPERM)));
    EXPECT_TRUE(pod.answer(held[0], ConnectVerdict::allow()));
    EXPECT_FALSE(pod.answer(held[1], ConnectVerdict::allow()));
    EXPECT_FALSE(pod.answer(12345, ConnectVerdict::allow()));
    held.clear();
  };
  const std::string script = kDial + std::string(
                                         "import threading, subprocess\n"
                                         "t = threading.Thread(target=dial, args=('203.0.113.1', 443))\n"
                                         "t.start(); import time; time.sleep(0.1)\n"
                                         "u = threading.Thread(target=dial, args=('203.0.113.2', 443))\n"
                                         "u.start(); time.sleep(0.1); subprocess.run(['/bin/true'])\n"
                                         "u.join(); t.join()\n");
  const auto done = go(python(script), std::move(options));
  ASSERT_TRUE(done);
  EXPECT_THAT(wrote("out"), HasSubstr("203.0.113.2 443 Operation not permitted\n"));
  EXPECT_THAT(wrote("out"), HasSubstr("203.0.113.1 443 connected\n"));
}

TEST_F(Supervised, AProcessMayBeKilledWhileItsCallWaits) {
  PodOptions options;
  std::vector<std::uint64_t> gone;
  options.supervise.decide = [](const ConnectCall&) { return ConnectVerdict::later(); };
  options.supervise.on_gone = [&](std::uint64_t call) { gone.push_back(call); };
  options.on_tick = [&](PodControl& pod) {
    if (!gone.empty()) pod.end("seen");
  };
  const auto done = go(
      python(kDial + std::string("import os, signal, time\n"
                                 "signal.signal(signal.SIGUSR1, lambda *args: None)\n"
                                 "pid = os.fork()\n"
                                 "if pid == 0: open('begun', 'w'); dial('203.0.113.1', 443)\n"
                                 "waits = 0\n"
                                 "while waits < 5:\n"
                                 "    time.sleep(0.05)\n"
                                 "    state = open(f'/proc/{pid}/stat').read().rsplit(')')[1].split()[0]\n"
                                 "    waits = waits + 1 if os.path.exists('begun') and state in 'SD' else 0\n"
                                 "os.kill(pid, signal.SIGUSR1); time.sleep(0.1)\n"
                                 "print(os.waitpid(pid, os.WNOHANG)[0])\n"
                                 "os.kill(pid, signal.SIGKILL)\n"
                                 "print(os.waitpid(pid, 0)[0] == pid, flush=True)\n"
                                 "time.sleep(60)\n")),
      std::move(options));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "0\nTrue\n");
  ASSERT_EQ(connects_.size(), 1U);
  EXPECT_THAT(gone, ElementsAre(connects_[0].id));
}

// Nothing of these leaves the pod, and nobody is asked.
constexpr const char* kInside =
    "import socket, os\n"
    "def attempt(what, *args):\n"
    "  try: return what(*args)\n"
    "  except OSError as e: return e.strerror\n"
    "own = socket.create_server(('127.0.0.1', 8000)); s = socket.create_connection(('127.0.0.1', 8000))\n"
    "print(own.accept()[1] == s.getsockname(), attempt(s.connect, ('127.0.0.1', 8000)))\n"
    "six = socket.create_server(('::1', 8001), family=socket.AF_INET6)\n"
    "print(socket.create_connection(('::1', 8001)).getpeername()[1])\n"
    "print(attempt(socket.create_connection, ('127.0.0.1', 8002)))\n"
    "print(attempt(socket.socket().connect, ('127.0.0.1', 53)))\n"
    "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect(('192.0.2.9', 53))\n"
    "print(u.send(b'x'), u.getpeername())\n"
    "unix = socket.socket(socket.AF_UNIX); unix.bind('/tmp/s'); unix.listen()\n"
    "c = socket.socket(socket.AF_UNIX); c.connect('/tmp/s'); print(c.getpeername())\n"
    "a = unix.accept()[0]; import struct\n"
    "print(struct.unpack('iii', a.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0] == os.getpid())\n"
    "print(attempt(socket.socket(socket.AF_UNIX).connect, '/tmp/none'))\n";

TEST_F(Supervised, WhatStaysInsideIsNotAskedAbout) {
  ASSERT_TRUE(go(python(kInside)));
  EXPECT_EQ(wrote("out"),
            "True Transport endpoint is already connected\n8001\nConnection refused\nNone\n"
            "1 ('192.0.2.9', 53)\n/tmp/s\nTrue\nNo such file or directory\n");
  EXPECT_THAT(connects_, IsEmpty());
  EXPECT_THAT(way_out_.made_known(), IsEmpty());
}

// As connect(2) answers where nobody supervises; the last two are a socket's state.
constexpr const char* kOddCalls =
    "import ctypes, socket, struct, errno, os\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "def connect(fd, address, size):\n"
    "  ctypes.set_errno(0)\n"
    "  r = libc.connect(fd, address, ctypes.c_int(size))\n"
    "  print(r if r == 0 else errno.errorcode[ctypes.get_errno()])\n"
    "v4 = struct.pack('=H', 2) + struct.pack('>H', 443) + socket.inet_aton('203.0.113.7') + bytes(8)\n"
    "s = socket.socket()\n"
    "connect(s.fileno(), ctypes.c_void_p(1), 16)\n"
    "connect(s.fileno(), v4, -1)\n"
    "connect(s.fileno(), v4 + bytes(200), 129)\n"
    "connect(s.fileno(), v4, 15)\n"
    "connect(s.fileno(), v4, 1)\n"
    "connect(s.fileno(), v4, 0)\n"
    "connect(1000, v4, 16)\n"
    "connect(os.open('/dev/null', os.O_RDONLY), v4, 16)\n"
    "connect(os.open('/tmp', os.O_PATH), v4, 16)\n"
    "six = socket.socket(socket.AF_INET6); connect(six.fileno(), v4 + bytes(12), 28)\n"
    "connect(s.fileno(), bytes(16), 16)\n"
    "t = socket.create_connection(('127.0.0.1', 3128)); connect(t.fileno(), bytes(16), 16)\n"
    "try: t.getpeername()\n"
    "except OSError as e: print(errno.errorcode[e.errno])\n"
    "n = socket.socket(); n.setblocking(False); connect(n.fileno(), v4, 16)\n";

TEST_F(Supervised, OddCallsAreAnsweredAsTheKernelDoes) {
  ASSERT_TRUE(go(python(kOddCalls)));
  const std::string supervised_answers = wrote("out");
  EXPECT_EQ(supervised_answers,
            "EFAULT\nEINVAL\nEINVAL\nEINVAL\nEINVAL\nEINVAL\nEBADF\nENOTSOCK\nEBADF\nEAFNOSUPPORT\n"
            "0\n0\nENOTCONN\nEINPROGRESS\n");
  PodSpec free = supervised("python3 script.py > out 2>&1");
  free.supervised = false;
  ASSERT_TRUE(go(free));
  EXPECT_EQ(wrote("out"), supervised_answers);
}

TEST_F(Supervised, ConnectionsThatDoNotBlock) {
  ASSERT_TRUE(
      go(python("import asyncio, socket\n"
                "async def main():\n"
                "  pairs = await asyncio.gather(*(asyncio.open_connection('203.0.113.%d' % n, 443)\n"
                "                                 for n in range(1, 21)))\n"
                "  print(len(pairs), pairs[4][1].get_extra_info('peername'))\n"
                "asyncio.run(main())\n")));
  EXPECT_EQ(wrote("out"), "20 ('203.0.113.5', 443)\n");
  EXPECT_EQ(way_out_.made_known().size(), 20U);
}

// Nobody listens at a port that is full: the program waits as it would, and holds up nobody.
TEST_F(Supervised, AConnectThatBlocksHoldsUpNobody) {
  const auto done =
      go(python("import socket, threading, subprocess, os, time, signal\n"
                "own = socket.socket(); own.bind(('127.0.0.1', 8000)); own.listen(0)\n"
                "pids = []\n"
                "for n in range(8):\n"
                "  pid = os.fork(); pids.append(pid)\n"
                "  if pid == 0: socket.create_connection(('127.0.0.1', 8000)); time.sleep(100)\n"
                "time.sleep(0.3)\n"
                "print(subprocess.run(['/bin/true']).returncode)\n"
                "s = socket.create_connection(('203.0.113.1', 443)); print('connected')\n"
                "for pid in pids: os.kill(pid, signal.SIGKILL); os.waitpid(pid, 0)\n"));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "0\nconnected\n");
}

// One thread writes another destination over the address while its neighbour connects to it.
constexpr const char* kChangeAddress =
    "import ctypes, socket, struct, threading, time\n"
    "libc = ctypes.CDLL(None)\n"
    "def place(ip): return struct.pack('=H', 2) + struct.pack('>H', 443) + socket.inet_aton(ip) + bytes(8)\n"
    "good, bad = place('203.0.113.7'), place('203.0.113.66')\n"
    "memory = ctypes.create_string_buffer(good, 16)\n"
    "end = time.time() + 1\n"
    "def change():\n"
    "  while time.time() < end:\n"
    "    ctypes.memmove(memory, bad, 16); ctypes.memmove(memory, good, 16)\n"
    "threading.Thread(target=change).start()\n"
    "while time.time() < end:\n"
    "  s = socket.socket(); libc.connect(s.fileno(), memory, 16); s.close()\n";

TEST_F(Supervised, AnAddressThatChangesLeadsWhereItWasDecided) {
  PodOptions options;
  std::set<std::string> asked;
  options.supervise.decide = [&](const ConnectCall& call) {
    asked.insert(call.address);
    return call.address == "203.0.113.7" ? ConnectVerdict::allow() : ConnectVerdict::refuse();
  };
  // Taken as they come: nobody else accepts, and the queue is short.
  std::set<std::string> arrived;
  options.tick_ms = 1;
  options.on_tick = [&](PodControl&) {
    for (os::Fd one(::accept(listeners_[0].get(), nullptr, nullptr)); one;
         one = os::Fd(::accept(listeners_[0].get(), nullptr, nullptr)))
      arrived.insert(own_place(one.get()).value_or(SocketPlace()).address);
  };
  ASSERT_TRUE(go(python(kChangeAddress), std::move(options)));
  EXPECT_GT(connects_.size(), 100U);
  EXPECT_THAT(arrived, ElementsAre("203.0.113.7"));
  for (const auto& known : way_out_.made_known())
    EXPECT_EQ(known.destination, "203.0.113.7");
  EXPECT_TRUE(asked.contains("203.0.113.66")) << "the other address was never seen: no race was tried";
}

// Whoever closes the last descriptor of a socket waits as long as its program has said: not the supervisor.
TEST_F(Supervised, ASocketThatLingersHoldsUpNobody) {
  const auto done =
      go(python("import os, socket, struct, subprocess, time\n"
                "own = socket.create_server(('127.0.0.1', 8000))\n"
                "pid = os.fork()\n"
                "if pid == 0:\n"
                "  s = socket.create_connection(('127.0.0.1', 8000)); s.setblocking(False)\n"
                "  s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 1000))\n"
                "  try:\n"
                "    while True: s.send(bytes(100000))\n"
                "  except BlockingIOError: pass\n"
                "  import threading\n"
                "  def again():\n"
                "    while True:\n"
                "      try: s.connect(('127.0.0.1', 8000))\n"
                "      except OSError: pass\n"
                "  for n in range(4): threading.Thread(target=again).start()\n"
                "  time.sleep(0.2); os.kill(os.getpid(), 9)\n"
                "os.waitpid(pid, 0)\n"
                "for n in range(3): print(subprocess.run(['/bin/true']).returncode)\n"));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "0\n0\n0\n");
}

TEST_F(Supervised, AFloodOfCallsIsServed) {
  const auto done =
      go(python("import os, socket, threading\n"
                "ok = []\n"
                "def work():\n"
                "  for n in range(5):\n"
                "    try: socket.create_connection(('203.0.113.7', 443)).close(); ok.append(1)\n"
                "    except OSError as e: print(e)\n"
                "threads = [threading.Thread(target=work) for n in range(200)]\n"
                "for pid in range(4):\n"
                "  if os.fork() == 0:\n"
                "    for n in range(25):\n"
                "      if os.fork() == 0: os.execv('/bin/true', ['true'])\n"
                "      os.wait()\n"
                "    os._exit(0)\n"
                "for t in threads: t.start()\n"
                "for t in threads: t.join()\n"
                "for n in range(4): os.wait()\n"
                "print(len(ok))\n"));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "1000\n");
  EXPECT_EQ(done->supervised.connections, 1000U);
  EXPECT_EQ(done->supervised.programs, 2U + 100U);
}

// What a program may not take from its supervisor, and what stays refused all the same.
TEST_F(Supervised, TheWallsStandAsBefore) {
  const auto done = go(python(
      "import ctypes, errno\n"
      "libc = ctypes.CDLL(None, use_errno=True)\n"
      "def call(*args):\n"
      "  ctypes.set_errno(0); libc.syscall(*args); return errno.errorcode.get(ctypes.get_errno(), 'ok')\n"
      "print(call(101, 0, 0, 0, 0), call(438, 0, 0, 0), call(0x40000000 + 42, 0, 0, 0), call(425, 1, 0))\n"
      // A filter of its own with a listener: struct sock_fprog of one "allow".
      "import struct\n"
      "one = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0x7fff0000))\n"
      "program = ctypes.create_string_buffer(struct.pack('=HxxxxxxQ', 1, ctypes.addressof(one)))\n"
      "print(call(317, 1, 8, program), call(317, 1, 0, program))\n"
      "print(open('/proc/sys/net/ipv4/tcp_fastopen').read().strip())\n"));
  ASSERT_TRUE(done);
  EXPECT_EQ(wrote("out"), "EPERM EPERM ENOSYS EPERM\nEBUSY ok\n0\n");
}

TEST_F(Supervised, NothingIsLeftOfAPodWhoseSupervisorIsKilled) {
  const std::string word = "supervised-" + std::to_string(::getpid());
  const PodSpec spec =
      python(kDial + std::string("open('began', 'w')\nimport time\nwhile True: dial('203.0.113.7', 443)\n"));
  PodSpec named = spec;
  named.env["WEIR_TEST_WORD"] = word;
  const pid_t apart = ::fork();
  if (apart == 0) {
    PodOptions options;
    options.supervise.decide = [](const ConnectCall&) { return ConnectVerdict::later(); };
    (void)go(named, std::move(options));
    ::_exit(0);
  }
  for (int i = 0; i < 500 && !os::exists(upper() + "/began"); ++i)
    ::usleep(10'000);
  ASSERT_TRUE(os::exists(upper() + "/began"));
  const auto with_word = [&] {
    int found = 0;
    for (const auto& name : os::list_dir("/proc"))
      if (name[0] >= '1' && name[0] <= '9')
        found += os::read_file("/proc/" + name + "/environ", 1 << 16).value_or("").contains(word) ? 1 : 0;
    return found;
  };
  EXPECT_GT(with_word(), 0);
  ::kill(apart, SIGKILL);
  ::waitpid(apart, nullptr, 0);
  for (int i = 0; i < 300 && with_word() > 0; ++i)
    ::usleep(10'000);
  EXPECT_EQ(with_word(), 0);
}

TEST_F(Supervised, WithoutANetworkProgramsAreToldAndLandlockRefuses) {
  PodSpec spec = supervised(
      "python3 -c 'import socket\ntry: socket.create_connection((\"127.0.0.1\", 9))\n"
      "except OSError as e: print(e.strerror)' > out");
  spec.network = PodNetwork::none;
  spec.listeners.clear();
  ASSERT_TRUE(go(spec));
  EXPECT_EQ(wrote("out"), "Permission denied\n");
  ASSERT_EQ(connects_.size(), 1U);
  EXPECT_EQ(connects_[0].address, "127.0.0.1");
}

}  // namespace
}  // namespace weir::pod
