#include "logger/server.hpp"

#include "logger/client.hpp"
#include "logger/follow.hpp"
#include "logger/merge.hpp"

#include <sys/socket.h>

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace superd::logger {
namespace {

constexpr std::size_t sessions_max = 64;

LineFilter filter_of(const Serve& request) {
    LineFilter filter;
    filter.stream = request.stream;
    if (request.since_ns > 0) {
        const auto stamp = format_stamp(request.since_ns);
        filter.since.assign(stamp.data(), stamp.size());
    }
    return filter;
}

// The files of an instance as they are now, if nothing is being rotated.
std::deque<Segment> all_segments(const LogPath& path) {
    Segment current;
    current.path = path.current();
    // Opened before the others are listed: if it is rotated between, it is in the list
    // too, and is not to be read twice.
    current.file = os::Fd{::open(current.path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::deque<Segment> segments = rotated_segments(path);
    if (!current.file) return segments;
    if (same_file(current.file, path.current())) {
        segments.push_back(std::move(current));
        return segments;
    }
    return all_segments(path);
}

}  // namespace

Server::~Server() {
    for (Session& session : sessions_) {
        ::shutdown(session.socket.get(), SHUT_RDWR);
        if (session.follower) session.follower->end();
    }
    for (Session& session : sessions_) session.thread.join();
}

void Server::serve(Serve request, os::Fd client) {
    remove_done();
    if (sessions_.size() >= sessions_max) {
        Client{std::move(client)}.refuse("cannot serve lines: too many clients read logs now\n");
        return;
    }
    std::erase_if(request.sources,
                  [](const Serve::Source& source) { return !valid_unit_name(source.unit); });
    Session& session = sessions_.emplace_back();
    session.socket = os::Fd{::fcntl(client.get(), F_DUPFD_CLOEXEC, 3)};
    if (request.follow) {
        std::vector<InstanceName> names;
        for (const auto& source : request.sources) names.push_back({source.unit, source.index});
        session.follower = std::make_shared<Follower>(std::move(names));
        drainer_.follow(session.follower);
    }
    session.thread = std::thread{
        [this, &session, asked = std::move(request), socket = std::move(client)]() mutable {
            run(session, asked, std::move(socket));
        }};
}

void Server::remove_done() {
    for (auto session = sessions_.begin(); session != sessions_.end();) {
        if (session->done) {
            session->thread.join();
            session = sessions_.erase(session);
        } else {
            ++session;
        }
    }
}

void Server::run(Session& session, const Serve& request, os::Fd socket) {
    Client client{std::move(socket)};
    const LineFilter filter = filter_of(request);
    client.begin(request.json);
    if (session.follower) {
        Follow{*session.follower, client, filter, request.json}.run(request.lines);
        session.follower->end();
    } else {
        std::vector<StoredLines> sources;
        for (const auto& source : request.sources)
            sources.emplace_back(
                last_lines(all_segments({log_directory_ + '/' + source.unit, source.index}), filter,
                           request.lines),
                filter);
        Merge merge{std::move(sources)};
        for (auto line = merge.next(); !line.empty() && client.alive(); line = merge.next())
            request.json ? client.add(as_json(line)) : client.add(line);
    }
    client.finish();
    ::shutdown(session.socket.get(), SHUT_RDWR);
    session.done = true;
}

}  // namespace superd::logger
