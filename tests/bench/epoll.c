/* bench_epoll PORT: what the kernel alone costs a web server: one epoll loop, one buffer, one answer, no parsing but
 * for the end of the request. One for "GET /slow" is answered 50 ms later. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 50, WAITING_MAX = 65536 };

static const char answer[] =
    "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 13\r\n\r\nhello, world\n";

/* Those that wait, in the order in which they came, which is that in which they are due. A client that goes away
 * meanwhile is told all the same: its number may belong to another by then, but here all clients go away together. */
static struct {
    int fd;
    long long due_ms;
} waiting[WAITING_MAX];
static unsigned first, last;

static long long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void reply(int fd) { send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL); }

static int listener(const char* port) {
    const int one = 1;
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons((unsigned short)atoi(port)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (const struct sockaddr*)&at, sizeof at) != 0 || listen(fd, 4096) != 0) exit(1);
    return fd;
}

static void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Answers those that are due; returns how long the next one has to wait, -1: there is none. */
static int answer_due(void) {
    if (first == last) return -1;
    const long long now = now_ms();
    for (; first != last; ++first) {
        const long long left = waiting[first % WAITING_MAX].due_ms - now;
        if (left > 0) return (int)left;
        reply(waiting[first % WAITING_MAX].fd);
    }
    return -1;
}

static void serve(int fd) {
    static char buffer[65536];
    const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) {
        close(fd);
    } else if (memmem(buffer, (size_t)size, "\r\n\r\n", 4)) {
        if (size < 9 || memcmp(buffer, "GET /slow", 9) != 0 || last - first == WAITING_MAX) return reply(fd);
        waiting[last % WAITING_MAX].fd = fd;
        waiting[last++ % WAITING_MAX].due_ms = now_ms() + WAIT_MS + 1; /* What is cut off a millisecond. */
    }
}

int main(int argc, char** argv) {
    struct epoll_event events[512];
    if (argc != 2) return 2;
    const int listening = listener(argv[1]), epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listening);
    for (;;) {
        const int count = epoll_wait(epoll, events, 512, answer_due());
        for (int i = 0; i < count; ++i) {
            if (events[i].data.fd != listening) {
                serve(events[i].data.fd);
                continue;
            }
            const int connection = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (connection >= 0) watch(epoll, connection);
        }
    }
}
