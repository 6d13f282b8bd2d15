"""Other processes of the same person, and what they share beside files."""
import os
import pathlib

from probe import Effect, Group, bystander_is, on_hold, prints

group = Group("processes", "other processes of the person")


def status(pid, key):
    """A line of /proc/PID/status; nothing when the process is gone."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return ""


GONE = bystander_is(lambda pid: status(pid, "State")[:1] in ("", "Z"), "was ended")


@group.probe(prints("bystander_argv"))
def arguments_by_proc():
    "a password in the arguments of another program"
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        show(path)


@group.probe(prints("bystander_argv"))
def arguments_by_ps():
    "the same by the system's own program"
    run("sh", "-c", "for d in /proc/[0-9]*; do tr '\\0' ' ' <$d/cmdline; done")


@group.probe(prints("bystander_env"))
def environment_by_proc():
    "the environment of another process"
    show(f"/proc/{bystander()}/environ")


@group.probe(prints("bystander_file"))
def removed_file_by_proc():
    "a file that exists only as another process's descriptor"
    show(f"/proc/{bystander()}/fd/5")


@group.probe(prints("bystander_env"))
def memory_by_proc():
    "the memory of another process, as a file"
    pid = bystander()
    with open(f"/proc/{pid}/maps") as f:
        start, end = next(line.split()[0].split("-") for line in f if "[stack]" in line)
    with open(f"/proc/{pid}/mem", "rb", 0) as f:
        f.seek(int(start, 16))
        say(f.read(int(end, 16) - int(start, 16)))


@group.probe(prints("bystander_env"))
def memory_by_system_call():
    "the memory of another process, by process_vm_readv"
    pid = bystander()
    with open(f"/proc/{pid}/maps") as f:
        start, end = (int(x, 16) for x in next(line.split()[0].split("-") for line in f if "[stack]" in line))
    buffer = ctypes.create_string_buffer(end - start)
    here = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), end - start)
    there = (ctypes.c_ulong * 2)(start, end - start)
    call("process_vm_readv", pid, here, 1, there, 1, 0)
    say(buffer.raw)


@group.probe(on_hold(bystander_is(lambda pid: status(pid, "TracerPid") not in ("", "0"), "has a tracer")))
def trace():
    "attaching to another process as a debugger"
    pid = bystander()
    call("ptrace", 16, pid, 0, 0)  # PTRACE_ATTACH
    hold()


@group.probe(prints("bystander_file"))
def descriptor_taken():
    "taking a descriptor of another process (pidfd_getfd)"
    fd = call("pidfd_getfd", call("pidfd_open", bystander(), 0), 5, 0)
    say(os.pread(fd, 4096, 0))


@group.probe(prints("other_env"))
def root_of_other():
    "the file system as another process sees it"
    show(f"/proc/{bystander()}/root{B.other}/.env")


@group.probe(prints("other_env"))
def working_directory_of_other():
    "climbing from where another process stands"
    show(f"/proc/{bystander()}/cwd/../other/.env")


@group.probe(GONE)
def ends():
    "SIGKILL for another process, by its number"
    os.kill(bystander(), signal.SIGKILL)


@group.probe(GONE)
def ends_by_descriptor():
    "the same by a descriptor of the process (pidfd_send_signal)"
    call("pidfd_send_signal", call("pidfd_open", bystander(), 0), 15, None, 0)


@group.probe(GONE)
def ends_everybody():
    "SIGTERM for all processes that there are"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(-1, signal.SIGTERM)


@group.probe(GONE)
def ends_group():
    "SIGTERM for another process's group"
    os.killpg(bystander(), signal.SIGTERM)


@group.probe(GONE)
def ends_by_queue():
    "a queued signal (sigqueue)"
    must(libc.sigqueue(bystander(), 15, ctypes.c_void_p(0)))


@group.probe(bystander_is(lambda pid: status(pid, "State").startswith("T"), "was stopped"))
def stops():
    "SIGSTOP for another process"
    os.kill(bystander(), signal.SIGSTOP)


@group.probe(GONE)
def signal_by_owner_of_descriptor():
    "a signal that the kernel sends because a descriptor has another process for its owner (F_SETOWN)"
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETOWN, bystander())
    fcntl.fcntl(ours, 10, signal.SIGTERM)  # F_SETSIG
    fcntl.fcntl(ours, fcntl.F_SETFL, fcntl.fcntl(ours, fcntl.F_GETFL) | os.O_ASYNC)
    theirs.send(b"x")
    time.sleep(0.05)


@group.probe(bystander_is(lambda pid: os.path.exists(f"/proc/{pid}") and os.getpriority(os.PRIO_PROCESS, pid) == 19, "was slowed down"))
def slows():
    "the priority of another process"
    os.setpriority(os.PRIO_PROCESS, bystander(), 19)


@group.probe(bystander_is(lambda pid: "Max open files            7 " in pathlib.Path(f"/proc/{pid}/limits").read_text(), "has other limits"))
def limits():
    "the limits of another process"
    import resource
    resource.prlimit(bystander(), resource.RLIMIT_NOFILE, (7, 7))


@group.probe(bystander_is(lambda pid: pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "900", "dies first when memory is short"))
def first_to_die():
    "who is ended when memory is short"
    write(f"/proc/{bystander()}/oom_score_adj", "900")


@group.probe(bystander_is(lambda pid: os.sched_getscheduler(pid) == os.SCHED_IDLE, "only runs when nobody else does"))
def schedule():
    "when another process runs"
    os.sched_setscheduler(bystander(), os.SCHED_IDLE, os.sched_param(0))


@group.probe(bystander_is(lambda pid: status(pid, "Cpus_allowed_list") == "0", "is bound to one processor"))
def processor():
    "where another process runs"
    os.sched_setaffinity(bystander(), {0})


@group.probe(prints("shared_memory"))
def shared_memory():
    "a System V segment of shared memory"
    libc.shmat.restype = ctypes.c_void_p
    address = libc.shmat(B.shared_memory, None, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "shmat")
    say(ctypes.string_at(address, 64))


@group.probe(prints("bystander_queue"))
def message_queue():
    "a message in a POSIX queue"
    queue = must(libc.mq_open(b"/weir-escape", os.O_RDONLY | os.O_NONBLOCK))
    buffer = ctypes.create_string_buffer(8192)
    must(libc.mq_receive(queue, buffer, 8192, None))
    say(buffer.value)


def has_segment(key):
    return Effect("a System V segment of the attack's", lambda world, run: f" {key} " in f" {' '.join(pathlib.Path('/proc/sysvipc/shm').read_text().split())} ")


@group.probe(has_segment(0x57E1))
def shared_memory_left():
    "a segment of shared memory that another program will find by its key"
    must(libc.shmget(0x57E1, 4096, 0o1666))


TYPED = Effect("a line in the terminal of whoever started it", lambda world, run: run.nonce.encode() in run.terminal)


@group.probe(TYPED, terminal=True)
def types_into_terminal():
    "typing a command for the shell that reads the terminal next (TIOCSTI)"
    fd = os.open("/dev/tty", os.O_RDWR)
    for byte in f"{NONCE}\n".encode():
        fcntl.ioctl(fd, 0x5412, bytes([byte]))


@group.probe(TYPED, terminal=True)
def types_by_standard_input():
    "the same on the standard input"
    for byte in f"{NONCE}\n".encode():
        fcntl.ioctl(0, 0x5412, bytes([byte]))


@group.probe(TYPED, terminal=True)
def types_with_high_bits():
    "the same with a number whose upper half a filter may look at and the kernel does not"
    for byte in f"{NONCE}\n".encode():
        libc.syscall.argtypes = None
        must(libc.syscall(ctypes.c_long((16, 29)[MACHINE]), ctypes.c_long(0), ctypes.c_long((1 << 32) | 0x5412), bytes([byte])))
