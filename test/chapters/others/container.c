/*
 * A container in C, to show that the tests of chapters 02 to 04 do not care which language it is.
 *
 *     container 2|3|4 ROOTFS COMMAND [ARGUMENT...]
 *
 * What chapter 02, 03 or 04 isolates. It calls unshare(2) itself and then forks, which our own programs do not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define NEW (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET)

static pid_t init;

/* Ends with the code, also when nobody reads the reason. */
static void fail(int code, const char *what) {
  signal(SIGPIPE, SIG_IGN);
  fprintf(stderr, "container: \"%s\": %s\n", what, strerror(errno));
  exit(code);
}

static void pass_on(int number) { kill(init, number); }

/* Nothing is ignored or blocked inside, whatever the caller did. See execve(2). */
static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Becomes the command; not by execvp(3), which would give a file without a first line to a shell. */
static void execute(char **command) {
  const char *path = getenv("PATH");
  char *places = strdup(strchr(command[0], '/') ? "" : path ? path : "/bin"), *place = places, full[8192];
  errno = ENOENT;
  for (char *next; *command[0] && (next = strsep(&place, ":"));) {
    snprintf(full, sizeof full, "%s%s%s", next, *next ? "/" : "", command[0]);
    execv(full, command);
    int error = errno;
    if (access(full, F_OK) == 0) {
      errno = error;
      fail(126, command[0]);
    }
  }
  fail(127, command[0]);
}

static void inside(int chapter, const char *rootfs, char **command, int mounted) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (chroot(rootfs) || chdir("/")) fail(125, rootfs);
  if (chapter >= 3) {
    if (mount("proc", "/proc", "proc", 0, NULL)) fail(125, "/proc");
    if (write(mounted, "m", 1) != 1) fail(125, "pipe");
  }
  syscall(SYS_close_range, 3, ~0U, 0);
  reset_signals();
  execute(command);
}

/* Outlives the program, however that ends, and then puts back what it leaves: the mount, the terminal. */
static void guard(int pipe, int chapter, int root) {
  struct termios modes;
  int is_terminal = tcgetattr(0, &modes) == 0;
  pid_t foreground = is_terminal ? tcgetpgrp(0) : -1;
  if (is_terminal) setpgid(0, 0);
  else setsid();
  for (int number = 1; number <= SIGTTOU; number++) signal(number, SIG_IGN);
  char said[16];
  int has_mounted = 0;
  while (read(pipe, said, sizeof said) > 0) has_mounted = 1;
  if (is_terminal) {
    tcsetattr(0, TCSANOW, &modes);
    tcsetpgrp(0, foreground);
  }
  if (has_mounted && chapter == 3 && fchdir(root) == 0 && chroot(".") == 0) umount2("/proc", MNT_DETACH);
  _exit(0);
}

int main(int count, char **words) {
  errno = EINVAL;
  if (count < 4) fail(125, "container 2|3|4 ROOTFS COMMAND [ARGUMENT...]");
  int chapter = atoi(words[1]), pipe[2], status, null;
  /* What is opened later would become the command's stdin where the caller has closed it. */
  while ((null = open("/dev/null", O_RDWR)) >= 0 && null < 3);
  close(null);
  int root = open(words[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) fail(125, words[2]);
  reset_signals();
  if (pipe2(pipe, O_CLOEXEC)) fail(125, "pipe");
  pid_t keeper = fork();
  if (keeper == 0) {
    close(pipe[1]);
    guard(pipe[0], chapter, root);
  }
  close(pipe[0]);
  if (chapter == 4 && (unshare(NEW) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))) fail(125, "unshare");
  init = fork();
  if (init < 0) fail(125, "fork");
  if (init == 0) inside(chapter, words[2], words + 3, pipe[1]);
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGTERM, pass_on);
  signal(SIGHUP, pass_on);
  while (waitpid(init, &status, 0) < 0);
  close(pipe[1]);
  while (waitpid(keeper, NULL, 0) < 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
