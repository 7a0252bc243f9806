#!/usr/bin/python3
"""A container in another language, to show that the tests of chapters 02 to 04 do not care which.

container.py 2|3|4 ROOTFS COMMAND [ARGUMENT...]: what chapter 02, 03 or 04 isolates. It calls unshare(2) itself and
then forks, which our own programs do not.
"""
import ctypes, errno, os, signal, sys, termios

libc = ctypes.CDLL(None, use_errno=True)
NEW = 0x00020000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000  # mnt, uts, ipc, pid, net; see unshare(2)
MS_REC, MS_PRIVATE, MNT_DETACH, PR_SET_PDEATHSIG = 0x4000, 1 << 18, 2, 1
FORWARDED = (signal.SIGTERM, signal.SIGHUP)
TERMINAL_STOPS = (signal.SIGTTOU, signal.SIGTTIN)


class Failure(Exception):
    """What goes wrong, with the exit code that tells it."""

    def __init__(self, code, what, error):
        super().__init__(f"container.py: {what}: {os.strerror(error.errno) if error.errno else error}")
        self.code = code


def call(name, *args):
    if getattr(libc, name)(*args) == -1:
        raise OSError(ctypes.get_errno(), name)


def resetSignals():
    """Nothing is ignored or blocked inside, whatever the caller did. See execve(2)."""
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    for number in range(1, 65):
        libc.signal(number, None)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def execute(command):
    """Becomes the command, which is looked for as execvp(3) does; 127 when it is not there, 126 when it cannot be run."""
    name = command[0]
    places = [name] if "/" in name else [f"{place}/{name}" for place in os.environ.get("PATH", "/bin").split(":")]
    for path in places if name else []:
        try:
            os.execv(path, command)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR) and not os.path.exists(path):
                continue
            raise Failure(126, name, error)
    raise Failure(127, f'"{name}"', OSError(errno.ENOENT, ""))


def inside(chapter, rootfs, command, report, mounted):
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        os.chroot(rootfs)
        os.chdir("/")
    except OSError as error:
        raise Failure(125, rootfs, error)
    if chapter >= 3:
        try:
            call("mount", b"proc", b"/proc", b"proc", 0, None)
        except OSError as error:
            raise Failure(125, "/proc", error)
        os.write(mounted, b"m")
    os.closerange(3, report)
    os.closerange(report + 1, 1 << 16)
    resetSignals()
    execute(command)


def start(run, *args):
    """Forks a child that does it; what fails comes through a pipe that exec closes."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            run(*args, writing)
        except Failure as failure:
            os.write(writing, f"{failure.code} {failure}".encode())
        os._exit(0)
    os.close(writing)
    return pid, reading


def guard(pipe, chapter, root, terminal):
    """Outlives the runtime, however that ends, and then puts back what it leaves: the mount, the terminal."""
    os.setsid() if terminal is None else os.setpgid(0, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, *FORWARDED, *TERMINAL_STOPS):
        signal.signal(number, signal.SIG_IGN)
    said = b""
    while more := os.read(pipe, 16):
        said += more
    if terminal:
        termios.tcsetattr(0, termios.TCSANOW, terminal[0])
        os.tcsetpgrp(0, terminal[1])
    if b"m" in said and chapter == 3:
        os.fchdir(root)
        os.chroot(".")
        libc.umount2(b"/proc", MNT_DETACH)


def terminalState():
    try:
        return termios.tcgetattr(0), os.tcgetpgrp(0)
    except (OSError, termios.error):
        return None


def complain(message, code):
    """Ends with the code, also when nobody reads the message."""
    try:
        os.write(2, f"{message}\n".encode())
    except BrokenPipeError:
        pass
    os._exit(code)


def openStandardDescriptors():
    """What is opened later would become the command's stdin where the caller has closed it."""
    while (fd := os.open("/dev/null", os.O_RDWR)) < 3:
        os.set_inheritable(fd, True)
    os.close(fd)


def main(chapter, rootfs, *command):
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    openStandardDescriptors()
    terminal = terminalState()
    reading, writing = os.pipe()
    try:
        root = os.open(rootfs, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Failure(125, rootfs, error)
    keeper = os.fork()
    if keeper == 0:
        os.close(writing)
        guard(reading, chapter, root, terminal)
        os._exit(0)
    os.close(reading)
    if chapter == 4:
        try:
            call("unshare", NEW)
            call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
        except OSError as error:
            raise Failure(125, "unshare", error)
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    pid, report = start(lambda report: inside(chapter, rootfs, command, report, writing))
    for number in FORWARDED:
        signal.signal(number, lambda number, _: os.kill(pid, number))
    failure = b""
    while more := os.read(report, 4096):
        failure += more
    status = os.waitpid(pid, 0)[1]
    os.close(writing)
    os.waitpid(keeper, 0)
    if failure:
        code, message = failure.decode().split(" ", 1)
        complain(message, int(code))
    sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


try:
    if len(sys.argv) < 4:
        raise Failure(125, "usage", OSError(None, "container.py 2|3|4 ROOTFS COMMAND [ARGUMENT...]"))
    main(int(sys.argv[1]), *sys.argv[2:])
except Failure as failure:
    complain(failure, failure.code)
