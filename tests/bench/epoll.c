/* bench_epoll PORT: what the kernel alone costs a web server: one epoll loop, one buffer, one answer, no parsing but
 * for the end of the request. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] =
    "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 13\r\n\r\nhello, world\n";

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

int main(int argc, char** argv) {
    static char buffer[65536];
    struct epoll_event events[512];
    if (argc != 2) return 2;
    const int listening = listener(argv[1]), epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listening);
    for (;;) {
        const int count = epoll_wait(epoll, events, 512, -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[i].data.fd;
            if (fd == listening) {
                const int connection = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (connection >= 0) watch(epoll, connection);
                continue;
            }
            const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
            if (size <= 0)
                close(fd);
            else if (memmem(buffer, (size_t)size, "\r\n\r\n", 4))
                send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
        }
    }
}
