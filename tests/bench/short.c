/* bench_short PORT COUNT CLIENTS PID: COUNT requests, each on a connection of its own, by CLIENTS threads. When half of
 * them are done the process PID is given a SIGSEGV (0: none is). Prints how many failed, and how:
 *
 *   done N refused N reset N cut N late N worst_ms X seconds X
 *
 * refused: no connection; reset: while it waited for the answer; cut: the answer ended early, or never began; late: there
 * was none within ten seconds. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum outcome { DONE, REFUSED, RESET, CUT, LATE, OUTCOMES };

static const char request[] = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
static struct sockaddr_in server;
static pid_t victim;
static int wanted;
static atomic_int begun, finished, outcomes[OUTCOMES];
static atomic_llong worst_ns;

static long long now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static enum outcome failure(void) { return errno == EAGAIN || errno == ETIMEDOUT ? LATE : RESET; }

/* Whether `text` is a whole answer: its body is as long as it says, or ends with the empty chunk. */
static int whole(const char* text, size_t size) {
    const char* body = memmem(text, size, "\r\n\r\n", 4);
    const char* length = body ? memmem(text, (size_t)(body - text), "Content-Length: ", 16) : NULL;
    if (!body || strncmp(text, "HTTP/1.1 200", 12) != 0) return 0;
    if (!length) return size >= 5 && memcmp(text + size - 5, "0\r\n\r\n", 5) == 0;
    return size - (size_t)(body + 4 - text) == (size_t)atoi(length + 16);
}

static enum outcome ask(int fd) {
    char text[4096];
    size_t size = 0;
    if (connect(fd, (const struct sockaddr*)&server, sizeof server) != 0) return errno == ECONNREFUSED ? REFUSED : failure();
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0) return failure();
    for (;;) {
        const ssize_t count = recv(fd, text + size, sizeof text - 1 - size, 0);
        if (count < 0) return failure();
        if (count == 0) break;
        size += (size_t)count;
        if (size == sizeof text - 1) break;
    }
    text[size] = '\0';
    return whole(text, size) ? DONE : CUT;
}

static void note_worst(long long took) {
    long long known = atomic_load(&worst_ns);
    while (known < took && !atomic_compare_exchange_weak(&worst_ns, &known, took)) {}
}

/* Each client has an address of its own: else it would meet again the ports that the server still keeps in TIME_WAIT,
 * and some requests would wait seconds for that. */
static void take_address(int fd, int number) {
    const int late = 1;
    const struct sockaddr_in own = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(0x7f010001u + ((unsigned)getpid() % 250 << 16) +
                                                             (unsigned)number)};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
    if (bind(fd, (const struct sockaddr*)&own, sizeof own) != 0) abort();
}

static void* client(void* number) {
    const struct timeval patience = {.tv_sec = 10};
    while (atomic_fetch_add(&begun, 1) < wanted) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        take_address(fd, (int)(intptr_t)number);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const long long begin = now_ns();
        const enum outcome outcome = ask(fd);
        close(fd);
        atomic_fetch_add(&outcomes[outcome], 1);
        if (outcome == DONE) note_worst(now_ns() - begin);
        if (atomic_fetch_add(&finished, 1) + 1 == wanted / 2 && victim > 0) kill(victim, SIGSEGV);
    }
    return NULL;
}

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    server.sin_family = AF_INET;
    server.sin_port = htons((unsigned short)atoi(argv[1]));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wanted = atoi(argv[2]);
    victim = (pid_t)atoi(argv[4]);
    pthread_t threads[256];
    const int count = atoi(argv[3]);
    if (count < 1 || count > 256) return 2;
    const long long begin = now_ns();
    for (int i = 0; i < count; ++i)
        if (pthread_create(&threads[i], NULL, client, (void*)(intptr_t)i) != 0) return 1;
    for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
    printf("done %d refused %d reset %d cut %d late %d worst_ms %.1f seconds %.2f\n", outcomes[DONE], outcomes[REFUSED],
           outcomes[RESET], outcomes[CUT], outcomes[LATE], (double)worst_ns / 1e6, (double)(now_ns() - begin) / 1e9);
    return 0;
}
