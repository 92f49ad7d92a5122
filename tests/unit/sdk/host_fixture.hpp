// A host as superd-worker is one to its module, played by a test.
#pragma once

#include <sys/eventfd.h>

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <superd/service.hpp>
#include <vector>

#include <gtest/gtest.h>

namespace superd {

class HostFixture : public testing::Test {
public:
    inline static volatile std::int64_t stop_ns = 0;
    inline static HostFixture* it = nullptr;
    inline static thread_local superd_abi_thread this_thread{};

protected:
    explicit HostFixture(superd_abi_model model) {
        stop_ns = 0;
        it = this;
        host_.size = sizeof host_;
        host_.abi = SUPERD_ABI;
        host_.unit = "shop";
        host_.reason = "start";
        host_.model = model;
        host_.count = host_.generation = 1;
        host_.threads = 2;
        host_.config = &table_;
        host_.page = page_.get();
        host_.page_size = protocol::page_size;
        host_.page_version = protocol::page_version;
        host_.stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        host_.reload_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        host_.stop_ns = &stop_ns;
        host_.notify = [](const char* message, int) { return it->take(it->told_, message); };
        host_.log = [](int, const char* text, std::size_t size) {
            it->take(it->lines_, std::string{text, size});
        };
        host_.enter_thread = [](std::uint32_t) { return &this_thread; };
        host_.leave_thread = [] {};
    }
    ~HostFixture() override {
        ::close(host_.stop_fd);
        ::close(host_.reload_fd);
    }

    // As SIGTERM does.
    void stop() {
        stop_ns = static_cast<std::int64_t>(detail::now_ns());
        const std::uint64_t one = 1;
        ASSERT_EQ(::write(host_.stop_fd, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    }

    superd_abi_value table_{.type = SUPERD_TABLE};
    std::unique_ptr<protocol::Page> page_ = std::make_unique<protocol::Page>();
    superd_abi_host host_{};
    std::vector<std::string> lines_, told_;

private:
    int take(std::vector<std::string>& all, std::string one) {
        const std::lock_guard lock{mutex_};
        all.push_back(std::move(one));
        return 0;
    }
    std::mutex mutex_;
};

}  // namespace superd
