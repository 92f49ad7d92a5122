/* bench_floor: what the kernel alone costs. The same clone flags and the same
 * program as superd's, in a bare loop; prints nanoseconds.
 *
 *   bench_floor start SVC BOARD N      start N; until all have signed
 *   bench_floor stop SVC BOARD N       then: SIGTERM to each, wait for all
 *   bench_floor heal SVC BOARD N K     then: SIGKILL K, restart each as it is reaped, until all signed
 *   bench_floor restart SVC BOARD TIMES REST_US   kill-to-signed of one child, TIMES lines */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "board.h"

static char stack[1 << 16] __attribute__((aligned(16)));
static char* child_argv[4];
static char* child_env[] = {"PATH=/usr/bin:/bin", NULL};
static char tag_text[32];

static int child(void* unused) {
    (void)unused;
    setsid();
    execve(child_argv[0], child_argv, child_env);
    _exit(127);
}

static pid_t start(long tag) {
    snprintf(tag_text, sizeof tag_text, "%ld", tag);
    return clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

static void await(struct board* b, uint64_t count) {
    const struct timespec tick = {0, 100000};
    while (atomic_load(&b->count) < count) nanosleep(&tick, NULL);
    while (atomic_load(&b->rows[(count - 1) % board_rows].at_ns) == 0) nanosleep(&tick, NULL);
}

static int64_t last_signed(struct board* b, uint64_t from, uint64_t to) {
    int64_t last = 0;
    for (uint64_t i = from; i < to; ++i) {
        int64_t at;
        while ((at = atomic_load(&b->rows[i % board_rows].at_ns)) == 0) {
        }
        if (at > last) last = at;
    }
    return last;
}

static void restarts(struct board* b, long times, unsigned rest_us) {
    pid_t pid = start(0);
    for (long i = 0; i < times; ++i) {
        await(b, (uint64_t)i + 1);
        usleep(rest_us);
        int64_t killed = now_ns();
        /* The killer is another process, as it is for a supervisor. */
        pid_t killer = vfork();
        if (killer == 0) {
            killed = now_ns();
            kill(pid, SIGKILL);
            _exit(0);
        }
        int status;
        while (waitpid(-1, &status, 0) != pid) {
        }
        pid = start(0);
        await(b, (uint64_t)i + 2);
        printf("%ld\n", (long)(last_signed(b, (uint64_t)i + 1, (uint64_t)i + 2) - killed));
        waitpid(killer, &status, WNOHANG);
    }
    kill(pid, SIGKILL);
}

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    struct board* b = board_open(argv[3]);
    child_argv[0] = argv[2];
    child_argv[1] = argv[3];
    child_argv[2] = tag_text;
    long n = atol(argv[4]);
    if (strcmp(argv[1], "restart") == 0) {
        restarts(b, n, argc > 5 ? (unsigned)atol(argv[5]) : 3000);
        return 0;
    }
    pid_t* pids = calloc((size_t)n, sizeof *pids);
    int64_t begin = now_ns();
    for (long i = 0; i < n; ++i) pids[i] = start(i);
    await(b, (uint64_t)n);
    int64_t end = last_signed(b, 0, (uint64_t)n);
    if (strcmp(argv[1], "start") == 0) printf("%ld\n", (long)(end - begin));
    if (strcmp(argv[1], "heal") == 0) {
        long k = atol(argv[5]);
        begin = now_ns();
        for (long i = 0; i < k; ++i) kill(pids[i], SIGKILL);
        for (long i = 0; i < k; ++i) {
            pid_t dead = waitpid(-1, NULL, 0);
            for (long j = 0; j < k; ++j)
                if (pids[j] == dead) pids[j] = start(j);
        }
        await(b, (uint64_t)(n + k));
        printf("%ld\n", (long)(last_signed(b, (uint64_t)n, (uint64_t)(n + k)) - begin));
    }
    begin = now_ns();
    for (long i = 0; i < n; ++i) kill(pids[i], SIGTERM);
    for (long i = 0; i < n; ++i) waitpid(-1, NULL, 0);
    if (strcmp(argv[1], "stop") == 0) printf("%ld\n", (long)(now_ns() - begin));
    free(pids);
    return 0;
}
