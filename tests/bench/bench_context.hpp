// A worker that is none: just what a Context asks for, so that the SDK can be measured alone.
#pragma once

#include <sys/eventfd.h>

#include <memory>
#include <superd/service.hpp>

namespace bench {

class Host {
public:
    explicit Host(superd_abi_model model) {
        host_.size = sizeof host_;
        host_.abi = SUPERD_ABI;
        host_.unit = "bench";
        host_.reason = "start";
        host_.model = model;
        host_.count = host_.generation = host_.threads = 1;
        host_.config = &config_;
        host_.page = page_.get();
        host_.page_size = superd::protocol::page_size;
        host_.page_version = superd::protocol::page_version;
        host_.stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        host_.reload_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        host_.stop_ns = &stop_ns_;
        host_.notify = [](const char*, int) { return 0; };
        host_.log = [](int, const char*, std::size_t) {};
        host_.enter_thread = [](std::uint32_t) {
            thread_local superd_abi_thread thread{};
            return &thread;
        };
        host_.leave_thread = [] {};
    }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host() {
        ::close(host_.stop_fd);
        ::close(host_.reload_fd);
    }

    const superd_abi_host& abi() const { return host_; }

private:
    superd_abi_value config_{.type = SUPERD_TABLE};
    std::unique_ptr<superd::protocol::Page> page_ = std::make_unique<superd::protocol::Page>();
    volatile std::int64_t stop_ns_ = 0;
    superd_abi_host host_{};
};

}  // namespace bench
