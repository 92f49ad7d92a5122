// Numbers that a service counts, for `superctl status NAME`. They live in the page that it shares
// with superd: reading them costs the worker nothing, and they are there after a crash.
#pragma once

#include <bit>
#include <mutex>
#include <string_view>
#include <superd/slot.hpp>

namespace superd {

// A number that only grows. Cheap to copy; any thread may use it.
class Counter {
public:
    void add(std::uint64_t more = 1) noexcept {
        metric_->value.fetch_add(more, std::memory_order_relaxed);
    }

private:
    friend class Metrics;
    explicit Counter(protocol::Metric* metric) : metric_{metric} {}
    protocol::Metric* metric_;
};

// A number that goes up and down.
class Gauge {
public:
    void set(double value) noexcept {
        metric_->value.store(std::bit_cast<std::uint64_t>(value), std::memory_order_relaxed);
    }

private:
    friend class Metrics;
    explicit Gauge(protocol::Metric* metric) : metric_{metric} {}
    protocol::Metric* metric_;
};

// How often which magnitude was seen: in 16 buckets at powers of two, from 1 to 32768, in the unit
// that its name says. What is more counts in the sum of all alone.
class Histogram {
public:
    void record(double value) noexcept {
        metric_->value.fetch_add(1, std::memory_order_relaxed);
        for (unsigned n = 0; n < buckets; ++n) {
            if (value <= static_cast<double>(1u << n)) {
                // Each bucket counts what is at or below its bound, as Prometheus has it.
                for (; n < buckets; ++n)
                    metric_[1 + n].value.fetch_add(1, std::memory_order_relaxed);
            }
        }
    }
    static constexpr unsigned buckets = 16;

private:
    friend class Metrics;
    explicit Histogram(protocol::Metric* metric) : metric_{metric} {}
    protocol::Metric* metric_;
};

// Gives numbers their names. The same name and kind is the same number, from any thread. There is
// room for 240, a histogram taking 17; beyond that, and when a name is longer than 43 bytes,
// numbers are counted but not shown.
class Metrics {
public:
    explicit Metrics(protocol::Page& page) : page_{page} {}
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter counter(std::string_view name) {
        return Counter{find(name, protocol::MetricKind::counter, 1)};
    }
    Gauge gauge(std::string_view name) { return Gauge{find(name, protocol::MetricKind::gauge, 1)}; }
    Histogram histogram(std::string_view name) {
        return Histogram{find(name, protocol::MetricKind::histogram, 1 + Histogram::buckets)};
    }

private:
    static std::string_view name_of(const protocol::Metric& metric) {
        const auto& text = metric.name.text;
        return {text.data(), ::strnlen(text.data(), text.size())};
    }

    protocol::Metric* find(std::string_view name, protocol::MetricKind kind, std::size_t entries) {
        const std::lock_guard lock{mutex_};
        std::size_t i = 0;
        while (i < page_.metrics.size()) {
            auto& metric = page_.metrics[i];
            const auto found = static_cast<protocol::MetricKind>(metric.kind.load());
            if (found == protocol::MetricKind::none) break;
            if (found == kind && name_of(metric) == name) return &metric;
            i += found == protocol::MetricKind::histogram ? 1 + Histogram::buckets : 1;
        }
        if (i + entries > page_.metrics.size() || name.size() >= page_.metrics[i].name.text.size())
            return unseen_;
        detail::write_text(page_.metrics[i].name, name);
        page_.metrics[i].kind.store(static_cast<std::uint32_t>(kind), std::memory_order_release);
        return &page_.metrics[i];
    }

    protocol::Page& page_;
    std::mutex mutex_;
    protocol::Metric unseen_[1 + Histogram::buckets] = {};
};

}  // namespace superd
